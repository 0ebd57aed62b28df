/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * silence.h - a guest that writes nothing to its serial console: the likely reasons, by what it was started with.
 */
#ifndef LAUNCHER_SILENCE_H
#define LAUNCHER_SILENCE_H

#include <stddef.h>

#include "text.h"

#define SILENCE_NS (20 * NSEC_PER_SEC)

struct spec;

/* One sentence, without the subject. */
void silence_explain(const struct spec *spec, char *ret, size_t size);

#endif
