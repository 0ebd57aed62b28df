/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_kind.c - reads a boot sector and a GPT, from memory. */
#include "boot_kind.h"

#include <stdint.h>
#include <string.h>

enum {
	SECTOR = 512,
	BOOT_CODE = 440, /* bytes, before the disk's signature */
	PARTITIONS = 446,
	PARTITION_BYTES = 16,
	SIGNATURE = 510,
	TYPE_GPT = 0xee,
	TYPE_ESP = 0xef,
	GPT_ENTRIES = 2, /* the sector where every tool puts them */
	GPT_ENTRY_BYTES = 128,
	GPT_ENTRIES_NR = 128,
};

static bool has_mbr_type(const unsigned char *b, unsigned char type)
{
	for (int i = 0; i < 4; i++) {
		if (b[PARTITIONS + i * PARTITION_BYTES + 4] == type)
			return true;
	}
	return false;
}

static uint64_t le_at(const unsigned char *bytes, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

static bool gpt_has_esp(const unsigned char *b)
{
	/* C12A7328-F81F-11D2-BA4B-00A0C93EC93B as it is stored */
	static const unsigned char esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
		                               0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
	const unsigned char *header = b + SECTOR, *entries = b + GPT_ENTRIES * SECTOR;

	if (memcmp(header, "EFI PART", 8) || le_at(header + 72, 8) != GPT_ENTRIES ||
	    le_at(header + 84, 4) != GPT_ENTRY_BYTES)
		return false;
	for (int i = 0; i < GPT_ENTRIES_NR; i++) {
		if (!memcmp(entries + i * GPT_ENTRY_BYTES, esp, sizeof(esp)))
			return true;
	}
	return false;
}

bool boot_kind_is_uefi_only(const void *bytes)
{
	const unsigned char *b = bytes;

	if (b[SIGNATURE] != 0x55 || b[SIGNATURE + 1] != 0xaa)
		return false;
	for (int i = 0; i < BOOT_CODE; i++) {
		if (b[i])
			return false;
	}
	return has_mbr_type(b, TYPE_ESP) || (has_mbr_type(b, TYPE_GPT) && gpt_has_esp(b));
}
