/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of a JSON text as a tree of list models. What stands in a value is looked for when it is unfolded; until
 * then only its range of bytes is known, so a text of any size opens at once. */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* One value, or a range of what stands in one that has very many. Immutable. */
#define OH_TYPE_JSON_NODE (oh_json_node_get_type ())
G_DECLARE_FINAL_TYPE (OhJsonNode, oh_json_node, OH, JSON_NODE, GObject)

/* The values at the top: the members of the object or array that @text is, or the one value it is.
 * (transfer full) (element-type OhJsonNode)
 * @problem: (out) (transfer full): half a sentence, where @text is not JSON: then NULL is returned */
GListModel *oh_json_tree_new (GBytes *text, char **problem);

/* The same for the beginning of a text: what is cut at its end has nothing in it, and is not checked.
 * (transfer full) (element-type OhJsonNode) */
GListModel *oh_json_tree_new_begun (GBytes *text);

/* What stands in it, or NULL where nothing can. In a large one it is found off the main thread: the list is empty until
 * then. (transfer full) (nullable) (element-type OhJsonNode) */
GListModel *oh_json_node_get_children (OhJsonNode *self);
/* A member's name, an element's number. (transfer full) */
char *oh_json_node_dup_name (OhJsonNode *self);
/* One line: the value, cut, or what a container holds. (transfer full) */
char *oh_json_node_dup_preview (OhJsonNode *self);
/* The value in full: what a string says, everything else laid out. (transfer full) */
char *oh_json_node_dup_text (OhJsonNode *self);
/* Its bytes as they were sent. (transfer full) */
GBytes *oh_json_node_get_bytes (OhJsonNode *self);
/* Whether there is too much in it to be looked at in passing. */
gboolean oh_json_node_is_large (OhJsonNode *self);
/* "string", "number", "literal", "container": how it is coloured. */
const char *oh_json_node_get_style (OhJsonNode *self);
/* Whether it is a string: oh_json_node_dup_text() is then not JSON. */
gboolean oh_json_node_is_string (OhJsonNode *self);

G_END_DECLS
