/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html.c - the page around the data.  All assets are read before the first byte is written. */
#include "html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "html_data.h"
#include "html_out.h"

#define ASSET_MAX (4 * 1024 * 1024)

enum asset_kind { ASSET_SCRIPT, ASSET_STYLE, ASSET_LICENCE };

static const struct {
	const char *name;
	enum asset_kind kind;
} assets[] = {
	{ "page.css", ASSET_STYLE },  { "LICENCES.txt", ASSET_LICENCE },
	{ "d3.js", ASSET_SCRIPT },    { "plot.js", ASSET_SCRIPT },
	{ "plots.js", ASSET_SCRIPT }, { "sections.js", ASSET_SCRIPT },
	{ "page.js", ASSET_SCRIPT },
};

struct asset {
	char *text;
	size_t len;
};

struct loaded {
	struct asset asset[ARRAY_SIZE(assets)];
};

static void loaded_done(struct loaded *loaded)
{
	for (size_t i = 0; i < ARRAY_SIZE(loaded->asset); i++)
		str_free(&loaded->asset[i].text);
}

static int missing(struct err *err, const char *what)
{
	return err_set(err, ENOENT,
	               "the HTML report's %s is not there: run `make report-assets` first", what);
}

static int load(const char *folder, const char *name, struct asset *ret, struct err *err)
{
	CLEANUP(file_close) FILE *file = NULL;
	char path[4096];
	long len;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "%.100s...: too long a path", folder);
	file = fopen(path, "re");
	if (!file)
		return missing(err, name);
	if (fseek(file, 0, SEEK_END) || (len = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
		return err_sys(err, "%s", path);
	if (len > ASSET_MAX)
		return err_set(err, EFBIG, "%s: more than %d bytes", path, ASSET_MAX);
	ret->text = malloc((size_t)len + 1);
	if (!ret->text)
		return err_set(err, ENOMEM, "out of memory");
	ret->len = fread(ret->text, 1, (size_t)len, file);
	ret->text[ret->len] = '\0';
	return 0;
}

static int load_all(const char *folder, struct loaded *ret, struct err *err)
{
	if (!folder)
		return missing(err, "drawing library");
	for (size_t i = 0; i < ARRAY_SIZE(assets); i++) {
		int rc = load(folder, assets[i].name, &ret->asset[i], err);

		if (rc)
			return rc;
	}
	return 0;
}

/* Inline scripts and styles only: not even a page that was tampered with can load or send anything. */
static const char head[] =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"generator\" content=\"qlaunch " QLAUNCH_VERSION "\">\n"
        "<title>qlaunch report</title>\n";

static const char body[] =
        "</head>\n<body>\n<main id=\"page\"><noscript>This report draws itself with JavaScript; "
        "`qlaunch report` prints the same numbers as text.</noscript></main>\n";

static void write_kind(const struct loaded *loaded, enum asset_kind kind, FILE *out)
{
	static const char *const open[] = {
		[ASSET_SCRIPT] = "<script>\n",
		[ASSET_STYLE] = "<style>\n",
		[ASSET_LICENCE] = "<script type=\"text/plain\" id=\"licences\">\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(assets); i++) {
		if (assets[i].kind != kind)
			continue;
		fputs(open[kind], out);
		html_out_script(out, loaded->asset[i].text, loaded->asset[i].len);
		fputs(kind == ASSET_STYLE ? "\n</style>\n" : "\n</script>\n", out);
	}
}

int html_write(const struct results *results, const struct comparisons *comparisons,
               const struct details *details, const struct seed *seed, const char *folder,
               FILE *out, struct err *err)
{
	CLEANUP(loaded_done) struct loaded loaded = { 0 };
	int rc = load_all(folder, &loaded, err);

	if (rc)
		return rc;
	fputs(head, out);
	write_kind(&loaded, ASSET_STYLE, out);
	fputs(body, out);
	write_kind(&loaded, ASSET_LICENCE, out);
	fputs("<script type=\"application/json\" id=\"data\">\n", out);
	if (html_data_write(results, comparisons, details, seed, out))
		return err_set(err, ENOMEM, "out of memory");
	fputs("</script>\n", out);
	write_kind(&loaded, ASSET_SCRIPT, out);
	fputs("</body>\n</html>\n", out);
	return 0;
}
