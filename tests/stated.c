/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tempi and keys that names of files state, and words that look like them. */
#include <string.h>

#include "feature/stated.h"
#include "tap.h"

static const struct {
	const char *path;
	double bpm;
	const char *key;
} names[] = {
    {"amen_170bpm_Fm.wav", 170, "F minor"},
    {"loop 128 Am", 128, "A minor"},
    {"/music/140 BPM/Bass C# minor 90.5 BPM.flac", 90.5, "C# minor"},
    {"BPM174-reese-Ebm.aiff", 174, "Eb minor"},
    {"Pad_Bbmaj_120.wav", 120, "Bb major"},
    {"keys (G major) 98bpm.wav", 98, "G major"},
    {"lead_f#min.wav", 0, "F# minor"},
    {"arp F sharp minor 110.ogg", 110, "F# minor"},
    {"D flat major 75bpm", 75, "C# major"},
    {"loop_drone_g_97.flac", 97, "G"},
    {"125_A_bassline.wav", 125, "A"},
    {"drums_128bpm_E.wav", 128, "E"},
    {"Cb minor 100.wav", 100, "B minor"},
    {"top loop 87.5.wav", 87.5, ""},
    /* as packs of samples have it */
    {"Am_128.wav", 128, "A minor"},
    {"128bpm_Cmin.wav", 128, "C minor"},
    {"Fmaj 90.wav", 90, "F major"},
    {"DnB_174_G#m.wav", 174, "Ab minor"},
    {"LOOP-F#-140.wav", 140, "F#"},
    {"90_Ab_Rhodes.wav", 90, "Ab"},
    {"Chords_Cm_Wet.wav", 0, "C minor"},
    {"BPM120.wav", 120, ""},
    {"Pack_Synth_Loop_12_124_Dm.wav", 124, "D minor"},
    {"XX_125_chord_loop_Fsharpmin.wav", 125, "F# minor"},
    {"vocal loop 100bpm key of D.wav", 100, "D"},
    {"KEY_G_SubBass.wav", 0, "G"},
    {"strings_85_gm.wav", 85, "G minor"},
    {"Gm7 stab 122.wav", 122, "G minor"},
    {"Keys_Cmaj7_118BPM.wav", 118, "C major"},
    {"pluck F#M 126.wav", 126, "F# major"},
    {"SH-101 bass 120 Em.wav", 120, "E minor"},
    {"90s house 124.wav", 124, ""},
    {"808.wav", 0, ""},
    {"808_kick_C.wav", 0, ""},
    {"TR909_kick.wav", 0, ""},
    {"CR-78 hat.wav", 0, ""},
    {"Juno106_pad.wav", 0, ""},
    {"90s break.wav", 0, ""},
    {"break 96kHz 24bit.wav", 0, ""},
    {"take 101.wav", 0, ""},
    {"1999.wav", 0, ""},
    {"A_drum.wav", 0, ""},
    {"C4.wav", 0, ""},
    {"Piano C4 ff.wav", 0, ""},
    {"FM_bass_120.wav", 120, ""},
    {"120 fm bell.wav", 120, ""},
    {"GM drums.wav", 0, ""},
    {"Bad Dub Feed Edge.wav", 0, ""},
    {"kick_04.wav", 0, ""},
    {"loop_amen_full.flac", 0, ""},
    {"am i here.wav", 0, ""},
    {"a bad dub.wav", 0, ""},
    {"loop 100 of 120.wav", 0, ""}, /* which? */
    {"sample 44100 Hz.wav", 0, ""},
    {"tr808_bd.wav", 0, ""},
    {"bpm.wav", 0, ""},
    {"0bpm.wav", 0, ""},
    {"99999999999999999999999999999999999999999bpm.wav", 0, ""},
    {"1.2.3.4 bpm", 0, ""},
    {".wav", 0, ""},
    {"/", 0, ""},
    {"", 0, ""},
};

int
main(void)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct stated s = stated_in(names[i].path);
		ok(s.bpm == names[i].bpm && !strcmp(stated_key(&s), names[i].key), "'%s': %g BPM, key '%s'", names[i].path, s.bpm,
		    stated_key(&s));
	}
	return done();
}
