/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drill/drill.c - runs the fire drill; see drill.h. Its table is written in table.c. */
#include "drill/drill.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bpf/wire.h"
#include "drill/observe.h"
#include "drill/show.h"
#include "lib/now.h"

#define NS 1000000000LL
#define LOOK_MS 10     /* between two looks at the weir under test */
#define START_MS 15000 /* it and nginx must be ready by then */
#define SENDERS 100000 /* invented */
#define STOPPED_MIN 20 /* packets; fewer are chance, not an answer to the attack */

struct sender_part {
	struct send_order order;
	struct send_progress *progress;
};

struct drill {
	const struct drill_options *options;
	struct lab lab;
	char runtime_dir[96], conf_path[96];
	pid_t nginx, weir, crowd;
	struct visitors *visitors;	/* shared */
	struct send_progress *progress; /* shared */
	uint8_t gate_mac[6], lan_mac[6];
	struct err *err;
};

static void pause_ms(unsigned ms)
{
	struct timespec pause = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&pause, NULL);
}

static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int write_file(const char *path, const char *text, struct err *err)
{
	FILE *file = fopen(path, "we");
	int r = file && fputs(text, file) >= 0 ? 0 : -EIO;

	if (file && fclose(file) != 0)
		r = -EIO;
	return r < 0 ? err_set(err, r, "cannot write %s: %s", path, strerror(errno)) : 0;
}

/* The configuration under test, in the places of the lab. */
static int write_conf(struct drill *drill)
{
	static const char *const interfaces[] = { LAB_GATE_OUTSIDE };
	static const char *const inside[] = { LAB_GATE_PREFIX, LAB_LAN_PREFIX, "2001:db8:1::/64" };
	static struct prefix prefixes[3];
	struct conf *conf = drill->options->conf;
	char state[96], bpffs[96];
	FILE *file;
	int r;

	for (unsigned i = 0; i < 3; i++) {
		unsigned bits;

		addr_prefix_parse(inside[i], &prefixes[i].addr, &bits);
		prefixes[i].bits = (uint8_t)bits;
	}
	snprintf(state, sizeof(state), "%s/state", drill->lab.folder);
	snprintf(bpffs, sizeof(bpffs), "%s/bpf/weir", drill->lab.folder);
	conf->networks.list = prefixes;
	conf->networks.count = 3;
	conf->group_count = 0;
	conf->interfaces.list = interfaces;
	conf->interfaces.count = 1;
	conf->run.mode = WIRE_MODE_ENFORCE;
	conf->run.runtime_dir = drill->runtime_dir;
	conf->run.state_dir = state;
	conf->run.events = "";
	conf->gate.bpffs = bpffs;
	file = fopen(drill->conf_path, "we");
	r = file ? conf_print(conf, file) : -errno;
	if (file && fclose(file) != 0)
		r = -EIO;
	return r < 0 ? err_set(drill->err, r, "cannot write the drill's configuration") : 0;
}

static int start_nginx(void *context)
{
	const struct drill *drill = context;
	char path[96], prefix[96];

	snprintf(prefix, sizeof(prefix), "%s/", drill->lab.folder);
	snprintf(path, sizeof(path), "%s/nginx.conf", drill->lab.folder);
	execlp("nginx", "nginx", "-p", prefix, "-c", path, (char *)NULL);
	return 127;
}

static int prepare_nginx(struct drill *drill)
{
	static const char text[] =
		"daemon off; master_process on; worker_processes 1; pid nginx.pid;\n"
		"error_log stderr crit; user root;\n"
		"events { worker_connections 4096; }\n"
		"http { access_log off; client_body_temp_path body;\n"
		" proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n"
		" uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n"
		" server { listen 80 backlog=4096; listen [::]:80 backlog=4096;\n"
		"  location / { return 200 \"served\\n\"; } } }\n";
	char path[96];
	int r;

	snprintf(path, sizeof(path), "%s/nginx.conf", drill->lab.folder);
	r = write_file(path, text, drill->err);
	if (r < 0)
		return r;
	drill->nginx = lab_start(&drill->lab, LAB_GATE, start_nginx, drill);
	return drill->nginx < 0 ? drill->nginx : 0;
}

static int start_weir(void *context)
{
	const struct drill *drill = context;
	char log[96];
	int fd;

	snprintf(log, sizeof(log), "%s/weir.log", drill->lab.folder);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	execl("/proc/self/exe", "weir", "run", "-c", drill->conf_path, (char *)NULL);
	return 127;
}

/* The last line of the log of the weir under test: why it did not start. */
static void quote_log(const struct drill *drill, char *text, size_t size)
{
	char path[96], line[400];
	FILE *file;

	text[0] = 0;
	snprintf(path, sizeof(path), "%s/weir.log", drill->lab.folder);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		snprintf(text, size, "%s", line);
	}
	if (file)
		fclose(file);
}

static int await_weir(struct drill *drill)
{
	struct observation observation;
	struct err err;
	char said[400];

	for (unsigned waited = 0; waited < START_MS; waited += 50) {
		if (observe(drill->runtime_dir, "", 0, &observation, &err) == 0)
			return 0;
		pause_ms(50);
	}
	quote_log(drill, said, sizeof(said));
	return err_set(drill->err, -ETIMEDOUT, "weir did not start in the drill: %s",
		said[0] ? said : err.text);
}

struct mac_part {
	const char *interface;
	uint8_t *mac; /* shared */
};

static int look_up_mac(void *context)
{
	const struct mac_part *part = context;
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, part->interface, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return 1;
	memcpy(part->mac, request.ifr_hwaddr.sa_data, 6);
	return 0;
}

/* Address of an interface of the gate, to which the sender sends. */
static int read_mac(struct drill *drill, const char *interface, uint8_t *ret_mac)
{
	struct mac_part part = { interface, (uint8_t *)drill->progress };
	pid_t child = lab_start(&drill->lab, LAB_GATE, look_up_mac, &part);
	int status;

	if (child < 0)
		return child;
	if (waitpid(child, &status, 0) < 0 || status != 0)
		return err_set(drill->err, -EIO, "no address of %s", interface);
	memcpy(ret_mac, part.mac, 6);
	return 0;
}

static int open_all(struct drill *drill)
{
	int r = lab_open(&drill->lab, drill->err);

	if (r < 0)
		return r;
	snprintf(drill->runtime_dir, sizeof(drill->runtime_dir), "%s/run", drill->lab.folder);
	snprintf(drill->conf_path, sizeof(drill->conf_path), "%s/weir.yaml", drill->lab.folder);
	drill->visitors = share(sizeof(*drill->visitors));
	drill->progress = share(sizeof(*drill->progress));
	if (!drill->visitors || !drill->progress)
		return err_set(drill->err, -ENOMEM, "no memory");
	r = read_mac(drill, LAB_GATE_OUTSIDE, drill->gate_mac);
	if (r == 0)
		r = read_mac(drill, LAB_GATE_INSIDE, drill->lan_mac);
	if (r == 0)
		r = write_conf(drill);
	if (r == 0)
		r = prepare_nginx(drill);
	if (r < 0)
		return r;
	drill->weir = lab_start(&drill->lab, LAB_GATE, start_weir, drill);
	r = drill->weir < 0 ? drill->weir : await_weir(drill);
	if (r < 0)
		return r;
	*drill->visitors = (struct visitors){ .per_s = drill->options->requests_per_s,
		.server = LAB_GATE_ADDRESS,
		.clients = "203.0.113.10",
		.client_count = LAB_CLIENTS };
	drill->crowd = lab_start(&drill->lab, LAB_INTERNET, visitors_run, drill->visitors);
	for (unsigned waited = 0; drill->visitors->start_ns == 0 && waited < 1000; waited++)
		pause_ms(1);
	return drill->crowd < 0 ? drill->crowd : 0;
}

static void close_all(struct drill *drill)
{
	lab_stop(drill->crowd, 500);
	lab_stop(drill->weir, 5000);
	lab_stop(drill->nginx, 1000);
	lab_close(&drill->lab);
	if (drill->visitors)
		munmap(drill->visitors, sizeof(*drill->visitors));
	if (drill->progress)
		munmap(drill->progress, sizeof(*drill->progress));
}

static int run_sender(void *context)
{
	struct sender_part *part = context;
	struct err err = { "" };
	int r = send_attack(&part->order, part->progress, &err);

	if (r < 0)
		fprintf(stderr, "weir drill: %s\n", err.text);
	return r < 0;
}

static unsigned slot_now(const struct drill *drill)
{
	int64_t slot =
		(now_clock_ns(CLOCK_MONOTONIC) - (int64_t)drill->visitors->start_ns) / (NS / 10);

	return slot < 0 ? 0 : slot >= VISITORS_SLOTS ? VISITORS_SLOTS - 1 : (unsigned)slot;
}

/* Good requests a second and failed ones in [from, to). */
static double served(const struct drill *drill, unsigned from, unsigned to, unsigned *ret_failed)
{
	uint64_t good = 0;

	*ret_failed = 0;
	for (unsigned i = from; i < to; i++) {
		good += drill->visitors->good[i];
		*ret_failed += drill->visitors->failed[i];
	}
	return to > from ? (double)good * 10 / (to - from) : 0;
}

/* Looks at it for so long; notes when it was found and first stopped. */
static void watch_for(struct drill *drill, struct drill_result *result, uint64_t stopped_before,
	unsigned ms, const char *phase)
{
	int64_t end_ns = now_clock_ns(CLOCK_MONOTONIC) + (int64_t)ms * 1000000;

	while (now_clock_ns(CLOCK_MONOTONIC) < end_ns) {
		struct observation seen = { 0 };
		int64_t first_ns = (int64_t)drill->progress->first_ns;
		double age_s = (double)(now_clock_ns(CLOCK_REALTIME) - first_ns) / NS;

		if (observe(drill->runtime_dir, attack_infos[result->attack].kind, first_ns, &seen,
			    drill->err) == 0 &&
			first_ns > 0) {
			if (seen.kind[0])
				snprintf(result->kind, sizeof(result->kind), "%s", seen.kind);
			if (seen.kind[0] && result->detect_s < 0)
				result->detect_s = age_s;
			if (seen.stopped >= stopped_before + STOPPED_MIN && result->drop_s < 0)
				result->drop_s = age_s;
			result->stopped = seen.stopped - stopped_before;
		}
		if (drill->options->is_live)
			show_live(drill->options, result, drill->visitors, drill->progress->sent,
				phase);
		pause_ms(LOOK_MS);
	}
}

static int rehearse(struct drill *drill, enum drill_attack attack, struct drill_result *result)
{
	const struct drill_options *options = drill->options;
	bool is_zombie = attack == ATTACK_ZOMBIE;
	struct sender_part part = {
		.order = { .attack = attack,
			.pps = options->pps,
			.seconds = options->seconds,
			.senders = SENDERS,
			.interface = is_zombie ? LAB_LAN_LINK : LAB_INTERNET_LINK },
		.progress = drill->progress,
	};
	struct observation before = { 0 };
	unsigned calm = slot_now(drill), begin, end, failed;
	double cpu_s;
	pid_t sender;
	int r;

	*result = (struct drill_result){ .attack = attack, .detect_s = -1, .drop_s = -1 };
	*drill->progress = (struct send_progress){ 0 };
	memcpy(part.order.to_mac, is_zombie ? drill->lan_mac : drill->gate_mac, 6);
	watch_for(drill, result, 0, options->before_s * 1000, "before");
	r = observe(drill->runtime_dir, "", 0, &before, drill->err);
	if (r < 0)
		return r;
	begin = slot_now(drill);
	cpu_s = observe_cpu_s(drill->weir);
	sender = lab_start(&drill->lab, is_zombie ? LAB_LAN : LAB_INTERNET, run_sender, &part);
	if (sender < 0)
		return sender;
	watch_for(drill, result, before.stopped, options->seconds * 1000, "attack");
	result->cpu = (observe_cpu_s(drill->weir) - cpu_s) / options->seconds;
	lab_stop(sender, 2000);
	end = slot_now(drill);
	result->sent = drill->progress->sent;
	result->offered_pps = (double)result->sent / options->seconds;
	watch_for(drill, result, before.stopped, options->after_s * 1000, "after");
	result->before = served(drill, calm, begin, &result->failed_before);
	result->during = served(drill, begin, end, &result->failed_during);
	result->after = served(drill, end + 1, slot_now(drill), &failed);
	result->failed_after = failed;
	result->is_done = true;
	return 0;
}

int drill_run(const struct drill_options *options, struct drill_result *results,
	unsigned *ret_count, struct err *err)
{
	struct drill drill = {
		.options = options, .err = err, .lab = { .places = { -1, -1, -1 } }
	};
	int r = open_all(&drill);

	*ret_count = 0;
	for (unsigned i = 0; r == 0 && i < ATTACK_COUNT; i++)
		if (options->is_chosen[i])
			r = rehearse(&drill, (enum drill_attack)i, &results[(*ret_count)++]);
	close_all(&drill);
	return r;
}
