/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounds of the kinds of sounds were read off Debian's sonic-pi-samples where it has some of
 * the kind, and are what a producer would say of it where it has none.
 */
#include "score/vocabulary.h"

#define LESS(of, to, slack) {of, -FAR, to, slack}
#define MORE(of, from, slack) {of, from, FAR, slack}

const struct word vocabulary[] = {
    /* how it sounds */
    {"dark", " dull muffled murky ", 1, {LESS(BRIGHTNESS, 0.3, 0.3)}},
    {"bright", " shiny brilliant crisp sharp ", 1, {MORE(BRIGHTNESS, 0.7, 0.3)}},
    {"warm", " mellow round ", 2, {MORE(WARMTH, 0.55, 0.35), LESS(NOISINESS, 0.4, 0.3)}},
    {"cold", " icy cool ", 1, {LESS(WARMTH, 0.2, 0.3)}},
    {"thin", " small ", 1, {LESS(BOTTOM, -20, 12)}},
    {"fat", " thick full big deep heavy ", 2, {MORE(BOTTOM, -4, 10), MORE(WARMTH, 0.35, 0.3)}},
    {"boomy", " booming ", 2, {MORE(BOTTOM, -3, 6), MORE(DECAY, 8.2, 1)}},
    {"punchy", " hard snappy percussive ", 1, {MORE(PUNCH, 0.45, 0.35)}},
    {"tight", " dry staccato ", 2, {MORE(PUNCH, 0.25, 0.25), LESS(DECAY, 7.6, 1.2)}},
    {"soft", " gentle ", 1, {LESS(PUNCH, 0.2, 0.3)}},
    {"dirty", " gritty distorted rough harsh aggressive crunchy fuzzy ", 1, {MORE(ROUGHNESS, 0.45, 0.3)}},
    {"smooth", " silky ", 2, {LESS(ROUGHNESS, 0.18, 0.2), LESS(NOISINESS, 0.5, 0.4)}},
    {"clean", " pure ", 2, {LESS(NOISINESS, 0.25, 0.3), LESS(ROUGHNESS, 0.3, 0.3)}},
    {"noisy", " hissy ", 1, {MORE(NOISINESS, 0.7, 0.35)}},
    {"airy", " breathy ", 2, {MORE(AIR, -10, 10), MORE(NOISINESS, 0.4, 0.3)}},
    {"tonal", " pitched melodic ", 2, {MORE(TONAL, 0.38, 0.08), LESS(NOISINESS, 0.4, 0.3)}},
    {"atonal", " unpitched ", 2, {LESS(TONAL, 0.33, 0.1), MORE(NOISINESS, 0.4, 0.4)}},
    {"metallic", " metal ringing ", 2, {MORE(TONAL, 0.4, 0.12), MORE(CENTRE, 11, 1)}},
    {"wooden", " wood woody ", 3, {{CENTRE, 9.3, 11.3, 1}, LESS(DECAY, 7.5, 1.2), LESS(NOISINESS, 0.5, 0.3)}},
    {"hollow", " nasal ", 3, {{CENTRE, 9, 11, 1}, LESS(BOTTOM, -8, 8), LESS(PRESENCE, -16, 10)}},
    {"wide", " stereo spacious ", 1, {MORE(WIDENESS, 0.4, 0.4)}},
    {"mono", " narrow centred ", 1, {LESS(WIDENESS, 0.02, 0.2)}},
    {"moving", " evolving lively changing ", 1, {MORE(MOVEMENT, 0.5, 0.3)}},
    {"static", " steady still even ", 1, {LESS(MOVEMENT, 0.15, 0.25)}},
    {"rhythmic", " pulsing groovy ", 1, {MORE(VALLEYS, 0.5, 0.3)}},
    {"short", " brief quick ", 1, {LESS(LENGTH, -1, 1.5)}},
    {"long", " lengthy ", 1, {MORE(LENGTH, 1.5, 2)}},
    {"lofi", " cheap telephone ", 2, {LESS(AIR, -25, 12), MORE(NOISINESS, 0.3, 0.3)}},

    /* drums */
    {"kick", " bassdrum bd kik ", 8, {LESS(CENTRE, 9.4, 0.9), LESS(LENGTH, 0.2, 1), MORE(BOTTOM, -1.8, 4), LESS(DECAY, 8.9, 1),
                                 LESS(ATTACK, 4, 1.5), LESS(VALLEYS, 0.1, 0.2), LESS(CREST, 16.5, 4), LESS(TONAL, 0.303, 0.02)}},
    {"snare", " sn snr ", 8, {{CENTRE, 11, 12.5, 0.7}, {LENGTH, -2, 0, 1}, {NOISINESS, 0.5, 0.85, 0.25}, LESS(DECAY, 9, 0.8),
                         LESS(ATTACK, 3, 2), {AIR, -35, -10, 8}, LESS(VALLEYS, 0.1, 0.2), LESS(ROUGHNESS, 0.35, 0.2)}},
    {"clap", " handclap snap ", 6, {{CENTRE, 10.8, 12.4, 0.7}, LESS(LENGTH, 0, 1), MORE(NOISINESS, 0.5, 0.3), LESS(BOTTOM, -18, 8),
                               LESS(DECAY, 8.4, 1), {PRESENCE, -16, -4, 8}}},
    {"hat", " hihat hh openhat closedhat ", 5, {MORE(CENTRE, 12.7, 0.6), MORE(NOISINESS, 0.55, 0.3), LESS(DECAY, 9.2, 1),
                             LESS(BOTTOM, -22, 8), MORE(AIR, -7, 6)}},
    {"cymbal", " crash ride splash ", 5, {MORE(CENTRE, 12.5, 0.6), MORE(NOISINESS, 0.5, 0.3), MORE(DECAY, 8, 1.5),
                                      LESS(BOTTOM, -22, 8), MORE(AIR, -8, 6)}},
    {"tom", " conga bongo ", 7, {{CENTRE, 9.3, 11, 0.8}, {DECAY, 7.9, 9.3, 0.8}, {NOISINESS, 0.08, 0.32, 0.15}, LESS(SUB, -18, 8),
                            {PRESENCE, -32, -19, 6}, LESS(VALLEYS, 0.1, 0.2), LESS(LENGTH, 0.4, 1)}},
    {"rim", " rimshot stick click sidestick ", 4, {LESS(LENGTH, -1.2, 1), {CENTRE, 10.5, 12.5, 0.8}, LESS(DECAY, 7, 1.2),
                                               LESS(BOTTOM, -12, 8)}},
    {"cowbell", " agogo ", 6, {MORE(TONAL, 0.45, 0.12), {CENTRE, 10, 12.2, 0.8}, LESS(LENGTH, 0, 1), LESS(NOISINESS, 0.35, 0.25),
                           LESS(ATTACK, 4, 1.5), LESS(DECAY, 8.6, 1)}},
    {"shaker", " maraca tambourine cabasa ", 5, {MORE(NOISINESS, 0.55, 0.3), MORE(AIR, -9, 6), {ATTACK, 3.5, 7, 1.5},
                                            LESS(LENGTH, 0, 1), LESS(BOTTOM, -22, 8)}},
    {"perc", " percussion tabla drum ", 4, {LESS(LENGTH, 0.4, 1), LESS(ATTACK, 3.2, 1.5), LESS(VALLEYS, 0.12, 0.2),
                                 {DECAY, 4, 8.8, 1.5}}},

    /* what plays a note */
    {"bass", " reese ", 8, {LESS(CENTRE, 10, 1.2), MORE(SUSTAIN, 0.75, 0.3), MORE(LENGTH, -0.6, 1), MORE(BOTTOM, -2, 4),
                       MORE(DECAY, 8.9, 0.8), LESS(NOISINESS, 0.55, 0.3), LESS(TONAL, 0.35, 0.06), LESS(CREST, 14, 4)}},
    {"sub", " subbass low 808 ", 2, {MORE(SUB, -8, 6), LESS(CENTRE, 8.6, 1)}},
    {"pad", " ambient atmosphere ambience texture ", 7, {MORE(LENGTH, 1.2, 1.2), MORE(SUSTAIN, 0.6, 0.3), LESS(PUNCH, 0.45, 0.25),
                                                    MORE(DECAY, 10, 1), LESS(VALLEYS, 0.45, 0.2), LESS(NOISINESS, 0.6, 0.3),
                                                    LESS(CENTRE, 11.3, 1)}},
    {"drone", " hum buzz ", 5, {MORE(LENGTH, 1.2, 1.2), MORE(SUSTAIN, 0.65, 0.3), LESS(MOVEMENT, 0.35, 0.25), LESS(CENTRE, 11, 1),
                           MORE(DECAY, 10.3, 1)}},
    {"lead", " solo synth ", 5, {MORE(TONAL, 0.34, 0.06), {CENTRE, 10, 12.5, 1}, MORE(SUSTAIN, 0.6, 0.3), LESS(NOISINESS, 0.45, 0.3),
                            MORE(DECAY, 8.8, 1)}},
    {"pluck", " plucked pizzicato harp ", 5, {LESS(NOISINESS, 0.35, 0.25), LESS(ATTACK, 4, 1.5), LESS(SUSTAIN, 0.65, 0.25),
                                         {DECAY, 7.8, 11.2, 1}, MORE(TONAL, 0.33, 0.05)}},
    {"stab", " hit ", 4, {LESS(ATTACK, 4, 1.5), {LENGTH, -1, 1, 1}, MORE(SUSTAIN, 0.55, 0.25), {DECAY, 7.8, 10, 1}}},
    {"chord", " chords strum ", 4, {{TONAL, 0.32, 0.5, 0.08}, LESS(NOISINESS, 0.35, 0.25), MORE(DECAY, 9.3, 1), MORE(LENGTH, 0.5, 1)}},
    {"string", " strings violin cello orchestra ", 5, {MORE(ATTACK, 5, 2), MORE(SUSTAIN, 0.6, 0.3), LESS(NOISINESS, 0.45, 0.3),
                                                  MORE(LENGTH, 0.5, 1), {CENTRE, 9.5, 12, 1}}},
    {"brass", " horn trumpet ", 4, {{BRIGHTNESS, 0.45, 0.8, 0.2}, MORE(SUSTAIN, 0.6, 0.3), {ATTACK, 4, 7, 1.5},
                               LESS(NOISINESS, 0.4, 0.25)}},
    {"bell", " chime glockenspiel triangle glass ", 5, {MORE(TONAL, 0.42, 0.1), MORE(CENTRE, 11, 0.8), LESS(ATTACK, 4.8, 1.5),
                                                   LESS(NOISINESS, 0.5, 0.25), LESS(BOTTOM, -18, 8)}},
    {"organ", " hammond ", 4, {MORE(SUSTAIN, 0.85, 0.3), LESS(NOISINESS, 0.3, 0.25), LESS(MOVEMENT, 0.25, 0.25),
                          MORE(TONAL, 0.33, 0.05)}},
    {"piano", " keys rhodes ", 7, {LESS(ATTACK, 5.5, 1.5), MORE(DECAY, 9.3, 1), LESS(NOISINESS, 0.35, 0.25), {CENTRE, 8.8, 11, 0.8},
                              LESS(SUSTAIN, 0.75, 0.3), MORE(LENGTH, 1, 1), MORE(CREST, 12, 4)}},
    {"guitar", " guit gtr ", 6, {MORE(TONAL, 0.37, 0.07), {CENTRE, 9.2, 11.2, 0.8}, LESS(NOISINESS, 0.5, 0.25), MORE(DECAY, 9.3, 1),
                            MORE(LENGTH, 1.7, 1), MORE(CREST, 16, 4)}},
    {"vocal", " voice vox speech choir robot vocals ", 4, {{VALLEYS, 0.15, 0.6, 0.2}, {CENTRE, 10.8, 12.8, 0.8}, MORE(LENGTH, -1, 1),
                                                      LESS(BOTTOM, -6, 8)}},

    /* effects and more */
    {"noise", " hiss rain wind ", 4, {MORE(NOISINESS, 0.75, 0.25), LESS(TONAL, 0.34, 0.05), MORE(SUSTAIN, 0.55, 0.3),
                                   MORE(LENGTH, -0.5, 1)}},
    {"riser", " rise uplifter sweep woosh whoosh swoosh ", 3, {MORE(WHEN, 0.5, 0.15), MORE(LENGTH, 0.5, 1), MORE(ATTACK, 5.5, 1.5)}},
    {"impact", " boom cineboom explosion thud ", 5, {MORE(BOTTOM, -5, 8), MORE(LENGTH, 0, 1), LESS(WHEN, 0.35, 0.15),
                                                LESS(VALLEYS, 0.3, 0.2), MORE(CREST, 10, 5)}},
    {"loop", " beat groove break ", 2, {MORE(LENGTH, 0.7, 1), MORE(VALLEYS, 0.5, 0.2)}},
    {"vinyl", " crackle scratch dusty turntable ", 4, {MORE(NOISINESS, 0.7, 0.2), {CENTRE, 10.4, 12.3, 0.7}, MORE(MOVEMENT, 0.5, 0.2),
                                              LESS(AIR, -16, 8)}},
    {"glitch", " digital bleep ", 3, {MORE(MOVEMENT, 0.3, 0.2), MORE(PUNCH, 0.4, 0.3), LESS(LENGTH, 0, 1)}},
};

const size_t vocabulary_size = sizeof vocabulary / sizeof *vocabulary;
