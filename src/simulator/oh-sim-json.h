/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading JSON whose shape nobody promised: a member that is absent or of another type is the default. */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

JsonObject *oh_sim_json_object (JsonObject *object, const char *name); /* (transfer none) (nullable) */
JsonArray *oh_sim_json_array (JsonObject *object, const char *name);   /* (transfer none) (nullable) */
const char *oh_sim_json_string (JsonObject *object, const char *name); /* (transfer none) (nullable) */
gint64 oh_sim_json_int (JsonObject *object, const char *name, gint64 otherwise);
double oh_sim_json_double (JsonObject *object, const char *name, double otherwise);
gboolean oh_sim_json_bool (JsonObject *object, const char *name);
gboolean oh_sim_json_has (JsonObject *object, const char *name);

/* An element, or NULL where it is something else. (transfer none) */
JsonObject *oh_sim_json_element_object (JsonArray *array, guint index);
const char *oh_sim_json_element_string (JsonArray *array, guint index);
guint oh_sim_json_length (JsonArray *array);

/* Compact text of a node. (transfer full) */
char *oh_sim_json_text (JsonNode *node);
char *oh_sim_json_object_text (JsonObject *object);

/* A deep copy. (transfer full) */
JsonNode *oh_sim_json_copy (JsonNode *node);

/* Parses @text; NULL with a JsonParser error. The node may be any JSON value. (transfer full) */
JsonNode *oh_sim_json_parse (const char *text, gssize length, GError **error);

/* A JSON object made of name, value pairs of strings, ended by NULL; a NULL value becomes null. (transfer full) */
JsonObject *oh_sim_json_new (const char *name, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS
