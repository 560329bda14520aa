/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data/schema.json: what each command prints with --json, and what each tool of `overhear mcp` answers. */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* A file of data/ that is one JSON object. Returns: NULL after complaining. (transfer full) */
JsonNode *oh_cli_schema_load (const char *name);
/* The definition of that name, with all that it refers to in “$defs”. Returns: NULL if there is none. (transfer full)
 * @root: what oh_cli_schema_load() made of schema.json */
JsonObject *oh_cli_schema_take (JsonNode *root, const char *name);

G_END_DECLS
