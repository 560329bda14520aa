/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store's tests share: folders, captures, and looking at what became of them. */
#pragma once
#include "oh-clock.h"
#include "oh-store.h"

#include <sqlite3.h>

/* A new empty folder. (transfer full) */
char *fixture_make_dir (void);
void fixture_remove_dir (char *dir);
OhStore *fixture_open (const char *dir);
OhStoreReader *fixture_read (const char *dir);

/* (transfer full): a request to https://api.anthropic.com/v1/messages */
OhExchange *fixture_exchange (void);
/* @data NULL: none */
void fixture_push (OhStore *store,
                   OhCaptureKind kind,
                   guint64 key,
                   OhExchange *exchange,
                   const void *data,
                   gssize length,
                   gint64 at_ns);
void fixture_begin (OhStore *store, guint64 key);
/* A whole exchange; the bodies in pieces of @step bytes (0: at once). */
void fixture_whole (OhStore *store, guint64 key, gint64 run_id, GBytes *request, GBytes *response, gsize step);
void fixture_end (OhStore *store, guint64 key, OhOutcome outcome, OhParty by);
/* Runs the main context until @condition holds or @ms have passed. Returns: whether it held. */
gboolean fixture_wait (gboolean (*condition) (gpointer data), gpointer data, guint ms);
gint64 fixture_disk_usage (const char *dir);
void fixture_assert_sound (const char *dir);
/* Words that look like an agent's texts, always the same for the same @random. */
void fixture_append_words (GString *out, GRand *random, gsize length);
/* The database behind the store's back. */
sqlite3 *fixture_raw_open (const char *dir);
void fixture_raw_run (sqlite3 *db, const char *sql);
/* A whole exchange, flushed. Returns: the id of the exchange that started last. */
gint64
fixture_store_one (OhStore *store, OhStoreReader *reader, guint64 key, const char *request, const char *response);
void fixture_assert_text (OhStoreReader *reader, gint64 id, OhSide side, const char *expected);
void fixture_close (OhStore *store);
/* No file of this process may grow beyond that (RLIMIT_FSIZE). */
void fixture_limit_files (guint64 bytes);

/* A store and a reader of it, for g_test_add(). In the end the files are looked at, too. */
typedef struct
{
  char *dir;
  OhStore *store;
  OhStoreReader *reader;
} FixtureStore;

void fixture_set_up (FixtureStore *f, gconstpointer data);
void fixture_tear_down (FixtureStore *f, gconstpointer data);
