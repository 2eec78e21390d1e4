/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/beacon_score.c - see beacon_score.h. */
#include "detect/beacon_score.h"

#include <math.h>
#include <string.h>

#include "types.h"

#define STEPS_AN_OCTAVE 1024.0
#define CONTACT_NS NS_PER_S /* as APP_BURST: silence before a contact */
#define TICK_SHIFT 24	    /* 16.8 ms */
#define SMOOTH 8.0	    /* contacts that the running mean remembers */
#define FLAT_SHARE 0.1	    /* quartiles this near have no skew; RITA: 10 s */
#define SLOT_CONTACTS 4	    /* a histogram wants so many a slot, or it shows the rounding */
#define ECHO_SHARE 0.1	    /* an interval below this share of the median is an echo … */
#define ECHOES_MAX 0.5	    /* … of the contact before, as long as so few are */
#define MISSES_SHARE 8	    /* one of so many intervals of a timer may be any other */
#define LATE_SHARE 0.02	    /* of its interval a timer may be late; weir: 20 ms of a second */
#define PAUSE_SPREAD 1.0    /* standard deviation of the logarithm of people's pauses, at least */
#define TIMER_PARAMETERS 3  /* shortest, longest, share of misses */

static uint16_t quantised(double value)
{
	double steps = value < 1 ? 0 : log2(value) * STEPS_AN_OCTAVE;

	return steps > UINT16_MAX ? UINT16_MAX : (uint16_t)lround(steps);
}

static double restored(uint16_t steps)
{
	return exp2(steps / STEPS_AN_OCTAVE);
}

/* Slots of twice the width: each takes two. */
static void widen(struct beacon_rhythm *rhythm)
{
	for (unsigned i = 0; i < BEACON_SLOTS; i++) {
		unsigned sum =
			2 * i < BEACON_SLOTS ? rhythm->slots[2 * i] + rhythm->slots[2 * i + 1] : 0;

		rhythm->slots[i] = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
	}
	rhythm->slot_shift++;
}

static void note_slot(struct beacon_rhythm *rhythm, int64_t time_ns)
{
	uint64_t tick = (uint64_t)(time_ns - rhythm->first_ns) >> TICK_SHIFT;

	while (tick >> rhythm->slot_shift >= BEACON_SLOTS)
		widen(rhythm);
	if (rhythm->slots[tick >> rhythm->slot_shift] < UINT16_MAX)
		rhythm->slots[tick >> rhythm->slot_shift]++;
}

bool beacon_rhythm_add(struct beacon_rhythm *rhythm, int64_t time_ns)
{
	int64_t silence_ns = time_ns - rhythm->last_ns;

	if (rhythm->contacts == 0) {
		rhythm->first_ns = rhythm->last_ns = rhythm->contact_ns = time_ns;
		rhythm->contacts = 1;
		note_slot(rhythm, time_ns);
		return true;
	}
	if (silence_ns > 0)
		rhythm->last_ns = time_ns;
	if (silence_ns < CONTACT_NS)
		return false;
	rhythm->intervals[(rhythm->contacts - 1) % BEACON_RECENT] =
		quantised((double)(time_ns - rhythm->contact_ns) / NS_PER_MS);
	rhythm->contacts++;
	rhythm->contact_ns = time_ns;
	note_slot(rhythm, time_ns);
	return true;
}

void beacon_rhythm_size(struct beacon_rhythm *rhythm, uint64_t bytes)
{
	rhythm->sizes[rhythm->sized++ % BEACON_RECENT_SIZES] = quantised((double)bytes + 1);
}

static void sort(double *values, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		double value = values[i];
		unsigned k = i;

		for (; k > 0 && values[k - 1] > value; k--)
			values[k] = values[k - 1];
		values[k] = value;
	}
}

/* Of sorted values, between two where it falls between them. */
static double quantile(const double *values, unsigned count, double share)
{
	double at = share * (count - 1);
	unsigned low = (unsigned)at;

	if (low + 1 >= count)
		return values[count - 1];
	return values[low] + (at - low) * (values[low + 1] - values[low]);
}

struct spread {
	double median, deviation; /* MAD / median */
	double score;
};

static double skew_of(const double *sorted, unsigned count)
{
	double q1 = quantile(sorted, count, 0.25), q2 = quantile(sorted, count, 0.5);
	double q3 = quantile(sorted, count, 0.75);

	if (q3 - q1 < FLAT_SHARE * q2 || q3 <= q1)
		return 0;
	return (q3 + q1 - 2 * q2) / (q3 - q1);
}

/* values are sorted, then made into deviations. */
static struct spread spread_of(double *values, unsigned count)
{
	struct spread spread = { 0 };
	double skew, steady;

	sort(values, count);
	skew = skew_of(values, count);
	spread.median = quantile(values, count, 0.5);
	for (unsigned i = 0; i < count; i++)
		values[i] = fabs(values[i] - spread.median);
	sort(values, count);
	spread.deviation = spread.median > 0 ? quantile(values, count, 0.5) / spread.median : 1;
	steady = spread.deviation < 1 ? 1 - spread.deviation : 0;
	spread.score = (1 - fabs(skew) + steady) / 2;
	return spread;
}

static unsigned unpack(const uint16_t *ring, unsigned size, uint32_t count, double *values)
{
	unsigned kept = count < size ? count : size;

	for (unsigned i = 0; i < kept; i++)
		values[i] = restored(ring[i]);
	return kept;
}

/* A contact of several connections seconds apart has one long interval and some short ones: the
 * short ones are left out. Values are sorted afterwards. */
static unsigned drop_echoes(double *values, unsigned count)
{
	unsigned echoes = 0;

	sort(values, count);
	while (echoes < count && values[echoes] < ECHO_SHARE * values[count * 3 / 4])
		echoes++;
	if (echoes == 0 || echoes > count * ECHOES_MAX || count - echoes < BEACON_LEAST)
		return count;
	memmove(values, values + echoes, (count - echoes) * sizeof(*values));
	return count - echoes;
}

struct waits {
	double low, high;
};

/* The shortest stretch with all values but the misses, as wide as evenly drawn ones leave it. */
static struct waits timer_waits(const double *sorted, unsigned count)
{
	unsigned held = count - count / MISSES_SHARE, best = 0;
	double width, wider;

	for (unsigned i = 1; i + held <= count; i++)
		if (sorted[i + held - 1] - sorted[i] < sorted[best + held - 1] - sorted[best])
			best = i;
	width = sorted[best + held - 1] - sorted[best];
	wider = fmax(width * (held + 1) / (held - 1), LATE_SHARE * quantile(sorted, count, 0.5));
	return (struct waits){ .low = sorted[best] - (wider - width) / 2,
		.high = sorted[best + held - 1] + (wider - width) / 2 };
}

/* Log-normal, as wide as the values want it, but at least as wide as pauses are. */
struct pauses {
	double mean, spread;
};

static struct pauses pauses_of(const double *values, unsigned count)
{
	struct pauses pauses = { 0 };
	double square = 0;

	for (unsigned i = 0; i < count; i++)
		pauses.mean += log(values[i]) / count;
	for (unsigned i = 0; i < count; i++)
		square += pow(log(values[i]) - pauses.mean, 2) / count;
	pauses.spread = fmax(PAUSE_SPREAD, sqrt(square));
	return pauses;
}

static double pause_log_density(const struct pauses *pauses, double value)
{
	double off = (log(value) - pauses->mean) / pauses->spread;

	return -log(value * pauses->spread * sqrt(2 * M_PI)) - off * off / 2;
}

/* Misses are as likely one way as the other, but for their share. Values are sorted, and at least
 * 1 ms. */
static double timer_nats(const double *sorted, unsigned count)
{
	struct waits waits = timer_waits(sorted, count);
	struct pauses pauses = pauses_of(sorted, count);
	double nats = -TIMER_PARAMETERS * log(count) / 2;
	unsigned held = 0;

	for (unsigned i = 0; i < count; i++) {
		if (sorted[i] < waits.low || sorted[i] > waits.high)
			continue;
		held++;
		nats -= pause_log_density(&pauses, sorted[i]);
	}
	nats += held * log((double)held / count / (waits.high - waits.low));
	if (held < count)
		nats += (count - held) * log((double)(count - held) / count);
	return nats;
}

/* Slots up to the last contact, joined until they hold enough each. */
static double histogram_score(const struct beacon_rhythm *rhythm)
{
	uint64_t tick = (uint64_t)(rhythm->contact_ns - rhythm->first_ns) >> TICK_SHIFT;
	unsigned used = (unsigned)(tick >> rhythm->slot_shift); /* whole ones */
	unsigned sum = 0, join = 1, bars = 0;
	double mean, square = 0;

	for (unsigned i = 0; i < used; i++)
		sum += rhythm->slots[i];
	while (join < used && sum * join < SLOT_CONTACTS * used)
		join++;
	if (used / join < 2)
		return 0;
	bars = used / join;
	mean = (double)sum * join / used;
	for (unsigned i = 0; i < bars; i++) {
		double bar = 0;

		for (unsigned k = 0; k < join; k++)
			bar += rhythm->slots[i * join + k];
		square += (bar - mean) * (bar - mean);
	}
	if (mean <= 0)
		return 0;
	return sqrt(square / bars) < mean ? 1 - sqrt(square / bars) / mean : 0;
}

/* Contacts there are over those that the median interval leads one to expect, or the reverse. */
static double duration_score(const struct beacon_rhythm *rhythm, double interval_s, double echoes)
{
	double life_s = (double)(rhythm->contact_ns - rhythm->first_ns) / NS_PER_S;
	double expected = interval_s > 0 ? life_s / interval_s : 0;
	double seen = (rhythm->contacts - 1) * (1 - echoes);

	if (expected <= 0 || seen <= 0)
		return 0;
	return seen < expected ? seen / expected : expected / seen;
}

bool beacon_rhythm_score(struct beacon_rhythm *rhythm, struct beacon_score *ret_score)
{
	double values[BEACON_RECENT];
	struct beacon_score score = { 0 };
	struct spread spread;
	unsigned count = unpack(rhythm->intervals, BEACON_RECENT, rhythm->contacts - 1, values),
		 kept;

	if (rhythm->contacts == 0 || count < BEACON_LEAST)
		return false;
	kept = drop_echoes(values, count);
	score.timer_nats = timer_nats(values, kept);
	spread = spread_of(values, kept);
	score.time = spread.score;
	score.interval_s = spread.median / 1000;
	score.jitter = spread.deviation;
	score.histogram = histogram_score(rhythm);
	score.duration = duration_score(rhythm, score.interval_s, (double)(count - kept) / count);
	count = unpack(rhythm->sizes, BEACON_RECENT_SIZES, rhythm->sized, values);
	score.has_size = count >= BEACON_LEAST;
	if (score.has_size) {
		spread = spread_of(values, count);
		score.size = spread.score;
		score.size_bytes = spread.median - 1;
		score.total = (score.time + score.size + score.histogram + score.duration) / 4;
	} else {
		score.total = (score.time + score.histogram + score.duration) / 3;
	}
	rhythm->smooth += rhythm->smooth == 0 ? (float)score.total
					      : (float)((score.total - rhythm->smooth) / SMOOTH);
	*ret_score = score;
	return true;
}
