/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/interface.c - see interface.h.
 *
 * A ring is cut into blocks, which the kernel fills with frames and hands over when they are full
 * or BLOCK_RETIRE_MS old: so nothing waits longer for its judgement, and under load one hand-over
 * is thousands of frames. Frames are not copied: a block goes back to the kernel at the first read
 * after its last frame was given out. The link going down and up again only makes a pause; a device
 * that is gone stays gone, as one of the same name is another one.
 */
#include "capture/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/interface_spread.h"

#define BLOCK_BYTES (256U << 10) /* holds four of the largest packets that offloads make */
#define BLOCKS_LEAST 4
#define BLOCK_RETIRE_MS 8
#define FRAME_BYTES 2048 /* of no meaning in this version of the ring, but it must divide */
#define SOCKETS_MAX 64
#define TAG_BYTES 4
#define MAC_BYTES 12 /* both addresses, before the tag */
#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101
#ifndef ARPHRD_IP6GRE
#define ARPHRD_IP6GRE 823 /* linux/if_arp.h, which cannot stand beside net/if.h */
#endif

struct interface_source {
	struct source source; /* first: the two are one */
	struct source_stats stats;
	char name[IF_NAMESIZE];
	int fd;
	uint8_t *ring;
	uint32_t block_count;
	uint32_t block;	 /* at work, or the next to be */
	uint32_t offset; /* of the next frame in it */
	uint32_t left;	 /* frames that it still has */
	uint32_t done;	 /* blocks before it whose frames may still be in use */
	uint16_t link_type;
	bool is_loopback; /* there every packet passes twice */
	bool is_gone;
};

static uint32_t block_count(uint32_t ring_bytes)
{
	uint32_t count = ring_bytes / BLOCK_BYTES;

	return count < BLOCKS_LEAST ? BLOCKS_LEAST : count;
}

static int make_ring(int fd, uint32_t ring_bytes)
{
	int version = TPACKET_V3, reserve = TAG_BYTES;
	struct tpacket_req3 ring = {
		.tp_block_size = BLOCK_BYTES,
		.tp_block_nr = block_count(ring_bytes),
		.tp_frame_size = FRAME_BYTES,
		.tp_frame_nr = BLOCK_BYTES / FRAME_BYTES * block_count(ring_bytes),
		.tp_retire_blk_tov = BLOCK_RETIRE_MS,
	};

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof(reserve)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) < 0)
		return -errno;
	return 0;
}

/* Nothing is taken before the group is whole, or packets would come to several of its sockets. */
static int shut(int fd)
{
	struct sock_filter nothing = { .code = BPF_RET | BPF_K };
	struct sock_fprog program = { 1, &nothing };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

static int open_up(int fd)
{
	int unused = 0;

	return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) < 0 ? -errno
											 : 0;
}

static int attach(int fd, unsigned index)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index
	};

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* The program is the group's, so the first socket brings it. */
static int join(int fd, uint16_t fanout_id, bool is_first)
{
	struct sock_filter code[SPREAD_MAX];
	struct sock_fprog program = { 0, code };
	int argument = fanout_id | PACKET_FANOUT_CBPF << 16;
	uint32_t seed;

	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof(argument)) < 0)
		return -errno;
	if (!is_first)
		return 0;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -EIO;
	program.len = (unsigned short)spread_program(code, seed);
	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof(program)) < 0
		       ? -errno
		       : 0;
}

/* One socket of the group. Kernels before 6.9 let nobody join while the link is down: then the
 * first gets all packets and the others, which stay unbound, none. */
static int open_one(unsigned index, uint32_t ring_bytes, uint16_t fanout_id, unsigned number,
	unsigned count, int *ret_fd)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = make_ring(fd, ring_bytes);
	if (r == 0)
		r = shut(fd);
	if (r == 0)
		r = attach(fd, index);
	if (r == 0 && count > 1) {
		r = join(fd, fanout_id, number == 0);
		if (r == -EINVAL && number == 0)
			r = 0;
		else if (r == -EINVAL) {
			struct sockaddr_ll nothing = { .sll_family = AF_PACKET };

			r = bind(fd, (const struct sockaddr *)&nothing, sizeof(nothing)) < 0
				    ? -errno
				    : 0;
		}
	}
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

static int explain(struct err *err, const char *name, int error)
{
	switch (error) {
	case -EPERM:
		return err_set(err, error,
			"cannot capture on %s: that takes CAP_NET_RAW; run weir as root", name);
	case -ENODEV:
	case -ENXIO:
		return err_set(err, -ENODEV,
			"cannot capture on %s: there is no such interface; see `ip link`", name);
	case -ENOMEM:
		return err_set(err, error, "cannot capture on %s: no memory; lower run.ring", name);
	default:
		return err_set(err, error, "cannot capture on %s: %s", name, strerror(-error));
	}
}

int interface_open_sockets(const char *name, unsigned count, uint32_t ring_bytes,
	uint16_t fanout_id, struct err *err, int *ret_fds)
{
	unsigned index = if_nametoindex(name), opened = 0;
	int fds[SOCKETS_MAX], r = 0;

	if (count == 0 || count > SOCKETS_MAX)
		return err_set(err, -EINVAL, "cannot capture on %s: 1 to %u sockets, not %u", name,
			SOCKETS_MAX, count);
	if (index == 0)
		return explain(err, name, -ENODEV);
	memset(fds, 0xff, sizeof(fds));
	while (opened < count && r == 0) {
		r = open_one(index, ring_bytes, fanout_id, opened, count, &fds[opened]);
		opened += r == 0;
	}
	for (unsigned i = 0; i < opened && r == 0; i++)
		r = open_up(fds[i]);
	if (r < 0) {
		while (opened > 0)
			close(fds[--opened]);
		return explain(err, name, r);
	}
	memcpy(ret_fds, fds, count * sizeof(fds[0]));
	return 0;
}

static struct tpacket_block_desc *block_at(const struct interface_source *self, uint32_t block)
{
	return (struct tpacket_block_desc *)(self->ring + (size_t)block * BLOCK_BYTES);
}

static void give_back(struct interface_source *self)
{
	for (; self->done > 0; self->done--) {
		uint32_t block = (self->block + self->block_count - self->done) % self->block_count;

		__atomic_store_n(&block_at(self, block)->hdr.bh1.block_status, TP_STATUS_KERNEL,
			__ATOMIC_RELEASE);
	}
}

/* Makes the next block that the kernel has handed over the one at work. */
static bool take_block(struct interface_source *self)
{
	struct tpacket_hdr_v1 *header = &block_at(self, self->block)->hdr.bh1;

	/* Where all are in use the next one is still ours, and its frames were read. */
	if (self->done >= self->block_count ||
		!(__atomic_load_n(&header->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	self->left = header->num_pkts;
	self->offset = header->offset_to_first_pkt;
	return true;
}

static void leave_block(struct interface_source *self)
{
	self->left = 0;
	self->done++;
	self->block = (self->block + 1) % self->block_count;
}

/* The tag that card or kernel took off goes back to where it was: before the frame there is room
 * for it (PACKET_RESERVE). */
static const uint8_t *put_tag_back(const struct tpacket3_hdr *header, uint8_t *frame)
{
	uint16_t type = header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->hv1.tp_vlan_tpid
								      : ETHERTYPE_VLAN;
	uint16_t tag[2] = { htons(type), htons((uint16_t)header->hv1.tp_vlan_tci) };

	memmove(frame - TAG_BYTES, frame, MAC_BYTES);
	memcpy(frame - TAG_BYTES + MAC_BYTES, tag, TAG_BYTES);
	return frame - TAG_BYTES;
}

/* The frame at the offset. False when it is none of ours, or the ring is damaged. */
static bool fill_frame(
	struct interface_source *self, struct tpacket3_hdr *header, struct frame *frame)
{
	const struct sockaddr_ll *from =
		(const void *)((uint8_t *)header + TPACKET_ALIGN(sizeof(*header)));
	uint8_t *bytes = (uint8_t *)header + header->tp_mac;
	uint32_t len = header->tp_snaplen;

	if (header->tp_mac > BLOCK_BYTES - self->offset ||
		len > BLOCK_BYTES - self->offset - header->tp_mac)
		return false;
	if (self->is_loopback && from->sll_pkttype == PACKET_OUTGOING)
		return false;
	*frame = (struct frame){
		.time_ns = (int64_t)header->tp_sec * NS_PER_S + header->tp_nsec,
		.bytes = bytes,
		.number = ++self->stats.packets,
		.captured_len = len,
		.wire_len = header->tp_len,
		.link_type = self->link_type,
		.file = self->source.file,
	};
	if ((header->tp_status & TP_STATUS_VLAN_VALID) && self->link_type == LINKTYPE_ETHERNET &&
		len >= MAC_BYTES && header->tp_mac >= TPACKET3_HDRLEN + TAG_BYTES) {
		frame->bytes = put_tag_back(header, bytes);
		frame->captured_len += TAG_BYTES;
		frame->wire_len += TAG_BYTES;
	}
	self->stats.bytes += frame->captured_len;
	self->stats.snapped += frame->captured_len < frame->wire_len;
	return true;
}

static unsigned read_block(struct interface_source *self, struct frame *frames, unsigned cap)
{
	unsigned count = 0;

	while (count < cap && self->left > 0) {
		struct tpacket3_hdr *header;

		if (self->offset > BLOCK_BYTES - sizeof(*header)) {
			self->left = 0;
			break;
		}
		header = (void *)((uint8_t *)block_at(self, self->block) + self->offset);
		count += fill_frame(self, header, &frames[count]);
		self->left--;
		self->offset += header->tp_next_offset;
	}
	return count;
}

/* Nothing there: is there a reason? Down, and back up later, or gone for good. */
static int look_at_link(struct interface_source *self, struct err *err)
{
	struct sockaddr_ll address = { 0 };
	socklen_t size = sizeof(address), error_size = sizeof(int);
	int error = 0;

	if (self->is_gone)
		return -ENODEV;
	if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &error_size) < 0 || error == 0)
		return 0;
	if (getsockname(self->fd, (struct sockaddr *)&address, &size) == 0 &&
		address.sll_ifindex < 0) {
		self->is_gone = true;
		return err_set(err, -ENODEV, "the interface %s is gone", self->name);
	}
	return err_set(err, -ENETDOWN, "%s: %s", self->name, strerror(error));
}

static int interface_read(
	struct source *source, struct frame *frames, unsigned cap, struct err *err)
{
	struct interface_source *self = (struct interface_source *)source;
	unsigned count = 0;

	give_back(self);
	while (count < cap) {
		if (self->left == 0 && !take_block(self))
			break;
		count += read_block(self, frames + count, cap - count);
		if (self->left == 0)
			leave_block(self);
	}
	return count > 0 ? (int)count : look_at_link(self, err);
}

/* The kernel forgets what it has told. */
static void interface_stats(const struct source *source, struct source_stats *ret_stats)
{
	struct interface_source *self = (struct interface_source *)source;
	struct tpacket_stats_v3 kernel;
	socklen_t size = sizeof(kernel);

	if (getsockopt(self->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &size) == 0)
		self->stats.kernel_drops += kernel.tp_drops;
	*ret_stats = self->stats;
}

static void interface_close(struct source *source)
{
	struct interface_source *self = (struct interface_source *)source;

	if (self->ring != MAP_FAILED)
		munmap(self->ring, (size_t)self->block_count * BLOCK_BYTES);
	close(self->fd);
	free(self);
}

static const struct source_ops interface_ops = {
	.name = "interface",
	.read = interface_read,
	.stats = interface_stats,
	.close = interface_close,
};

/* What its frames begin with. Devices without a link header give bare IP packets. */
static int learn_link_type(struct interface_source *self)
{
	struct sockaddr_ll address = { 0 };
	socklen_t size = sizeof(address);

	if (getsockname(self->fd, (struct sockaddr *)&address, &size) < 0)
		return -errno;
	switch (address.sll_hatype) {
	case ARPHRD_LOOPBACK:
		self->is_loopback = true;
		self->link_type = LINKTYPE_ETHERNET;
		return 0;
	case ARPHRD_ETHER:
		self->link_type = LINKTYPE_ETHERNET;
		return 0;
	case ARPHRD_NONE:
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		self->link_type = LINKTYPE_RAW;
		return 0;
	default:
		/* An unbound one of a group (open_one) gets no frames. */
		self->link_type = LINKTYPE_ETHERNET;
		return address.sll_ifindex == 0 ? 0 : -EPROTONOSUPPORT;
	}
}

int interface_source_open(int fd, uint32_t ring_bytes, const char *name, uint16_t file,
	struct err *err, struct source **ret_source)
{
	struct interface_source *self = calloc(1, sizeof(*self));
	int r;

	if (!self) {
		close(fd);
		return err_set(err, -ENOMEM, "no memory to capture on %s", name);
	}
	strncpy(self->name, name, sizeof(self->name) - 1);
	self->source = (struct source){ &interface_ops, self->name, file };
	self->fd = fd;
	self->block_count = block_count(ring_bytes);
	self->ring = mmap(NULL, (size_t)self->block_count * BLOCK_BYTES, PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	if (self->ring == MAP_FAILED) {
		r = err_set(err, -errno, "cannot map the ring of %s: %s", name, strerror(errno));
		interface_close(&self->source);
		return r;
	}
	r = learn_link_type(self);
	if (r < 0) {
		r = err_set(err, r,
			"cannot capture on %s: weir knows Ethernet and raw IP links only", name);
		interface_close(&self->source);
		return r;
	}
	*ret_source = &self->source;
	return 0;
}

int interface_source_fd(const struct source *source)
{
	return source->ops == &interface_ops ? ((const struct interface_source *)source)->fd : -1;
}
