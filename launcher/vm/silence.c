/* SPDX-License-Identifier: GPL-2.0-or-later */
/* silence.c - names the reasons why a console stays empty.  Reads only what was asked for. */
#include "silence.h"

#include <stdio.h>
#include <string.h>

#include "qemu_words.h"
#include "spec.h"

#define SEE_SCREEN "-- -vga std -vnc 127.0.0.1:0 shows its screen"

static bool is_serial(const char *append)
{
	return append && (strstr(append, "console=ttyS0") || strstr(append, "earlyprintk"));
}

void silence_explain(const struct spec *spec, char *ret, size_t size)
{
	if (spec->kernel && !is_serial(spec->append))
		snprintf(ret, size,
		         "its kernel has no console there: --append console=ttyS0; " SEE_SCREEN);
	else if (spec->kernel)
		snprintf(
		        ret, size,
		        "its kernel may lack the driver of a serial port, or more memory is needed "
		        "(--memory); " SEE_SCREEN);
	else if (qemu_words_have_firmware(spec->qemu_args))
		snprintf(
		        ret, size,
		        "the disk may not boot with this firmware, or its kernel's command line has "
		        "no console=ttyS0; " SEE_SCREEN);
	else
		snprintf(
		        ret, size,
		        "its kernel's command line may have no console=ttyS0, or the disk boots by "
		        "UEFI only (-- -bios OVMF.fd) or not at all; " SEE_SCREEN);
}
