/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/source.c - opens capture files of any kind, names link types.
 *
 * The readers are our own, not libpcap's: libpcap refuses a pcapng file whose interfaces have
 * different link types, does not tell which interface a packet came from, and copies every
 * packet. libpcap gives the names of link types here, and in the tests it is the oracle that our
 * readers are compared with.
 */
#include "capture/source.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "capture/reader.h"

#define MAGIC_BYTES 4
#define LOOK_BYTES 512 /* enough to see what a file is that is no capture */
#define LINK_TYPE_TEXT_MAX 32

static int source_refuse(struct input *input, struct err *err)
{
	char what[160];
	int need = input_need(input, LOOK_BYTES, true);
	size_t left = input_left(input) < LOOK_BYTES ? input_left(input) : LOOK_BYTES;
	const char *inside = input->inflater ? " once decompressed" : "";

	if (need < 0 && need != -EMSGSIZE)
		return err_set(err, need, "%s: %s", input->name, input->reason);
	if (left == 0)
		return err_set(err, -ENODATA,
			"%s is empty%s; nothing was captured, or the capture has not been written "
			"yet",
			input->name, inside);
	looks_describe(input->at, left, what, sizeof(what));
	return err_set(err, -EINVAL,
		"%s is not a capture file: it %s%s; weir reads pcap and pcapng, plain or gzip'd",
		input->name, what, inside);
}

int source_open_input(
	struct input *input, uint16_t file, struct err *err, struct source **ret_source)
{
	int need = input_need(input, MAGIC_BYTES, true);
	int r;

	if (need > 0 && pcapng_is_magic(input->at))
		return pcapng_open_input(input, file, err, ret_source);
	if (need > 0 && pcap_is_magic(input->at))
		return pcap_open_input(input, file, err, ret_source);
	r = source_refuse(input, err);
	input_close(input);
	return r;
}

/* So many files are read through a buffer each, which stays in the cache: measured on a file of
 * whole packets, a tenth less time than mapped. Of more the buffers would cost too much memory. */
#define BUFFERED_FILES 16

int source_open_file(const char *path, uint16_t file, struct err *err, struct source **ret_source)
{
	struct input_options options = INPUT_OPTIONS_DEFAULT;
	struct input *input;
	int r;

	options.is_mapping_allowed = file >= BUFFERED_FILES;
	r = input_open(path, options, err, &input);

	return r < 0 ? r : source_open_input(input, file, err, ret_source);
}

void source_close(struct source *source)
{
	if (source)
		source->ops->close(source);
}

/* Where the number in files (LINKTYPE_) and libpcap's own on Linux (DLT_) differ, and where the
 * name that people know is the one of the file format. https://www.tcpdump.org/linktypes.html */
static const struct link_type_name {
	uint16_t link_type;
	uint16_t dlt;
	const char *name; /* NULL: ask libpcap for the name of dlt */
} link_type_names[] = {
	{ 1, DLT_EN10MB, "ETHERNET" },
	{ 6, DLT_IEEE802, "IEEE802_5" },
	{ 7, DLT_ARCNET, "ARCNET_BSD" },
	{ 100, DLT_ATM_RFC1483, NULL },
	{ 101, DLT_RAW, NULL },
	{ 102, DLT_SLIP_BSDOS, NULL },
	{ 103, DLT_PPP_BSDOS, NULL },
	{ 106, DLT_ATM_CLIP, NULL },
};

const char *source_link_type_name(uint16_t link_type, char *text)
{
	const char *name = NULL;
	int dlt = link_type;

	for (size_t i = 0; i < sizeof(link_type_names) / sizeof(link_type_names[0]); i++) {
		if (link_type_names[i].link_type != link_type)
			continue;
		name = link_type_names[i].name;
		dlt = link_type_names[i].dlt;
		break;
	}
	if (!name)
		name = pcap_datalink_val_to_name(dlt);
	if (name)
		snprintf(text, LINK_TYPE_TEXT_MAX, "%s", name);
	else
		snprintf(text, LINK_TYPE_TEXT_MAX, "LINKTYPE %u", link_type);
	return text;
}
