/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches as SQL. A search becomes a condition on rows of "exchange e" with bound parameters, and, where texts that must
 * be there allow it, an expression for the index of trigrams that finds the candidates. */
#pragma once
#include "oh-db-private.h"
#include "oh-pack-private.h"
#include "oh-search.h"
#include "oh-searchable.h"
#include "oh-store-reader.h"

G_BEGIN_DECLS

typedef struct _OhSearcher OhSearcher;

typedef struct
{
  guint parameter; /* the blob of the labels' bits */
  char *condition; /* of rows of "label e" */
} OhSearchLabels;

typedef struct
{
  GString *where;   /* always a condition */
  GPtrArray *texts; /* (element-type utf8) parameters ?10, ?11, …; NULL: one that is no text */
  char *match;      /* for "search MATCH", or NULL: rows have to be looked at … */
  GString *zones;   /* … in the zones for which this condition on "zone z" holds; or NULL: everywhere */
  GArray *labels;   /* (element-type OhSearchLabels) of that condition */
} OhSearchSql;

/* Only the condition is made. @search: (nullable): everything */
OhSearchSql *oh_search_sql_new (const OhSearch *search);
void oh_search_sql_free (OhSearchSql *self);
#define OH_SEARCH_SQL_FIRST 10
/* The condition of a part of the search, with parameters of its own. (transfer full) */
char *oh_search_sql_format_condition (OhSearchSql *self, const OhSearch *search);
/* (transfer full) */
char *oh_search_sql_format_number (double number);

/* In oh-searcher.c. Looks through the texts of exchanges for the SQL functions that conditions use:
 *   overhear_has (id, side, folded)        whether the texts of an exchange contain it
 *   overhear_contains (value, folded)      whether a column does
 *   overhear_equals (value, folded)
 *   overhear_said (run, folded)            whether the run's console does */

/* @db, @packer: the reader's; must outlive it, and it the connection's last query */
OhSearcher *oh_searcher_new (OhDb *db, OhPacker *packer);
void oh_searcher_free (OhSearcher *self);
OhDb *oh_searcher_get_db (OhSearcher *self);
/* A statement of that text with the parameters of @sql (?1: match, from ?10 on: texts) bound; NULL in error.
 * @format: made of literals and @sql->where only */
sqlite3_stmt *oh_searcher_query (OhSearcher *self, const OhSearchSql *sql, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* In oh-store-search-match.c: what the index of trigrams must have, or NULL where it cannot tell. (transfer full) */
char *oh_search_sql_format_match (const OhSearch *search, OhSearcher *searcher);

/* In oh-store-search-zone.c: in which zones it can be. */
void oh_search_sql_add_zones (OhSearchSql *self, const OhSearch *search);
/* The labels for which each condition holds. (transfer full) (element-type GBytes) */
GPtrArray *oh_search_sql_find_labels (const OhSearchSql *self, OhSearcher *searcher);
/* @labels: must live until the statement has been stepped to its end */
void oh_search_sql_bind_labels (const OhSearchSql *self, sqlite3_stmt *statement, GPtrArray *labels);

/* In oh-store-reader.c. */
OhSearcher *oh_store_reader_get_searcher (OhStoreReader *self);
/* Turns the connection's error into one for people. Returns: whether there was none. */
gboolean oh_store_reader_check (OhStoreReader *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSearchSql, oh_search_sql_free)

G_END_DECLS
