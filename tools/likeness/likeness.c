/* SPDX-License-Identifier: GPL-3.0-or-later */
/* likeness: how alike two sounds are, by the measures of the field. */
#include <stdio.h>

#include "base/cli.h"
#include "base/talk.h"
#include "score/likeness.h"
#include "wire/sounds.h"

static bool json;

static const struct cli_option options[] = {
    {0, "json", CLI_FLAG, &json, .help = "print one object instead of a table"},
    {0},
};

static const struct cli cli = {
    .tool = "likeness",
    .summary = "measure how alike two sounds are",
    .usage = "[options] TARGET CANDIDATE",
    .example = "assay likeness loop.wav match.wav\n"
               "assay likeness golden.takes match.takes --json | jq .mss\n",
    .options = options,
};

static void
print_table(const struct likeness *l)
{
	printf("MSS      %8.3f dB  mel spectrum at three scales; 0 is the same\n", l->mss);
	printf("wMFCC    %8.3f     cepstra, time warped; 0 is the same\n", l->wmfcc);
	printf("SOT      %8.4f     spectral transport; 0 is the same\n", l->sot);
	printf("RMS      %8.4f     cosine of the envelopes; 1 is the same\n", l->rms);
	printf("MR-STFT  %8.3f     spectrum with its level; 0 is the same\n", l->mrstft);
	printf("LSD      %8.2f dB  norm of the log spectra's difference; 0 is the same\n", l->lsd);
	printf("  frame  %8.4f dB  LSD over the number of frames\n", l->lsd_frame);
	printf("MFCCD    %8.4f     13 cepstral coefficients; 0 is the same\n", l->mfccd);
}

int
main(int argc, char **argv)
{
	int status;
	struct err err;
	struct sounds s = {0};
	struct likeness l;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n != 2)
		return cli_usage(&cli, "needs a target and a candidate");
	for (int i = 1; i <= 2; i++) {
		if (sounds_add(&s, argv[i], &err) < 0)
			die(EXIT_FAILED, "%s", err.text);
		if (s.n != (size_t)i)
			die(EXIT_FAILED, "'%s' holds %zu sounds, not one", argv[i], s.n - (size_t)i + 1);
	}
	struct sound *target = &s.item[0].sound, *candidate = &s.item[1].sound;
	if (candidate->rate != target->rate && sound_resample(candidate, target->rate, &err) < 0)
		die(EXIT_FAILED, "'%s': %s", argv[2], err.text);
	if (likeness_measure(target, candidate, &l, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	sounds_free(&s);
	if (json)
		printf("{\"mss\":%.9g,\"wmfcc\":%.9g,\"sot\":%.9g,\"rms\":%.9g,\"mrstft\":%.9g,\"lsd\":%.9g,"
		       "\"lsd_frame\":%.9g,\"mfccd\":%.9g}\n",
		    l.mss, l.wmfcc, l.sot, l.rms, l.mrstft, l.lsd, l.lsd_frame, l.mfccd);
	else
		print_table(&l);
	return cli_finish();
}
