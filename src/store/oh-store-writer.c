/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-writer-private.h"
#include "oh-clock.h"
#include "oh-store-budget-private.h"
#include "oh-store-meaning-private.h"
#include "oh-store-posts-private.h"
#include "oh-store-row-private.h"
#include "oh-store-retention-private.h"
#include "oh-store-sending-private.h"
#include "oh-store-sweep-private.h"
#include "oh-store-zone-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* How long bytes of an open exchange may wait to be readable by others. */
#define WRITE_WITHIN_NS (20 * OH_NS_PER_MS)
/* So many bytes are written at once, however short they have waited: memory holds them twice until then. */
#define HELD_MAX ((gsize) 4 << 20)
/* Console output kept of one run. */
#define CONSOLE_MAX (G_GINT64_CONSTANT (16) << 20)
/* Zones are made while nothing else is to be done, for one part in so many of the time, and looked after this often. When
 * captures come so fast, the moments between them are no leisure. */
#define ZONES_SHARE 4
#define ZONES_FAST_PACE 100
#define ZONES_RETRY_NS (50 * OH_NS_PER_MS)
#define ZONES_EVERY_NS (5 * OH_NS_PER_S)

/* An exchange between its BEGIN and the commit of its END. */
typedef struct
{
  guint64 key;
  gint64 id;            /* row; only meaningful once stored */
  OhExchange *exchange; /* as last told */
  OhBody bodies[2];
  OhCapture *end;      /* once it came */
  gint64 request_sent; /* ns after the start, as told by REQUEST_END; -1 */
  gint64 first_byte;   /* of the first RESPONSE_DATA; -1 */
  gint64 dirty_since;  /* monotonic; 0: nothing to write */
  gsize held;          /* bytes of orders since the last commit */
  guint gaps;          /* OhGap: what the queue had to drop */
  gboolean stored;
  gboolean head_dirty; /* more than the lengths has changed */
} Open;

typedef struct
{
  gint64 change;
  gint64 exchange;
  gint64 run;
} Counters;

struct _OhWriter
{
  OhDb *db;
  OhPartWriter *parts;
  gint64 writer_id;
  const gint *awaited;
  OhOrderFunc done;
  gpointer data;
  GHashTable *opens;      /* key → Open, owned */
  GPtrArray *dirty;       /* Open; those with dirty_since */
  gsize held;             /* bytes of theirs */
  GPtrArray *orders;      /* OhOrder, all but captures and what insight says */
  OhTexts *texts;
  GQueue sayings;         /* OhOrder: facts and meanings; those of one exchange begin with its facts */
  guint said;             /* of them, in this transaction */
  gboolean ends_first;    /* the last transaction had none of them, for its ends' sake */
  gint64 zones_at;        /* when the next zone may be made (monotonic) */
  GPtrArray *written;     /* Open; in this transaction */
  OhPosts *posts;
  GArray *late;           /* ids of exchanges whose answer went out while their END was being committed */
  GHashTable *runs;       /* provisional id → id, of runs stored after their caller gave up waiting */
  GHashTable *run_counts; /* run id → exchanges begun in this transaction */
  GHashTable *told;       /* set of gint64: exchanges whose change this transaction has told already */
  Counters counters, before;
  GByteArray *request_headers, *response_headers;
  char *packed_texts[2]; /* what these are of: the next ones are often the same */
  GByteArray *recipes[2], *arrivals[2];
  gsize released;
  gboolean changed;
};

static void
open_free (gpointer data)
{
  Open *open = data;

  g_clear_pointer (&open->exchange, oh_exchange_unref);
  g_clear_pointer (&open->end, oh_capture_unref);
  for (guint side = 0; side < 2; side++)
    oh_body_clear (&open->bodies[side]);
  g_free (open);
}

static Open *
open_new (guint64 key)
{
  Open *open = g_new0 (Open, 1);

  open->key = key;
  open->request_sent = -1;
  open->first_byte = -1;
  for (guint side = 0; side < 2; side++)
    oh_body_init (&open->bodies[side]);
  return open;
}

OhWriter *
oh_writer_new (OhDb *db, gint64 writer_id, const gint *awaited, OhOrderFunc done, gpointer data)
{
  OhWriter *self = g_new0 (OhWriter, 1);

  self->db = db;
  self->writer_id = writer_id;
  self->awaited = awaited;
  self->done = done;
  self->data = data;
  self->parts = oh_part_writer_new (db);
  self->posts = oh_posts_new (db, writer_id);
  self->texts = oh_texts_new (db, self->parts->packer, awaited);
  self->opens = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, open_free);
  self->dirty = g_ptr_array_new ();
  self->written = g_ptr_array_new ();
  self->late = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->orders = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_order_free);
  self->runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->run_counts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->told = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->request_headers = g_byte_array_new ();
  self->response_headers = g_byte_array_new ();
  for (guint side = 0; side < 2; side++)
    {
      self->recipes[side] = g_byte_array_new ();
      self->arrivals[side] = g_byte_array_new ();
    }
  return self;
}

void
oh_writer_free (OhWriter *self)
{
  g_queue_clear_full (&self->sayings, (GDestroyNotify) oh_order_free);
  oh_texts_free (self->texts);
  g_hash_table_unref (self->opens);
  g_ptr_array_unref (self->dirty);
  g_ptr_array_unref (self->written);
  g_array_unref (self->late);
  g_ptr_array_unref (self->orders);
  oh_posts_free (self->posts);
  g_hash_table_unref (self->runs);
  g_hash_table_unref (self->run_counts);
  g_hash_table_unref (self->told);
  g_byte_array_unref (self->request_headers);
  g_byte_array_unref (self->response_headers);
  for (guint side = 0; side < 2; side++)
    {
      g_free (self->packed_texts[side]);
      g_byte_array_unref (self->recipes[side]);
      g_byte_array_unref (self->arrivals[side]);
    }
  oh_part_writer_free (self->parts);
  g_free (self);
}

OhPartWriter *
oh_writer_get_part_writer (OhWriter *self)
{
  return self->parts;
}

OhPosts *
oh_writer_get_posts (OhWriter *self)
{
  return self->posts;
}

OhTexts *
oh_writer_get_texts (OhWriter *self)
{
  return self->texts;
}

/* --- orders into memory --- */

static void
absorb_capture (OhWriter *self, OhOrder *order)
{
  OhCapture *capture = order->capture;
  Open *open = g_hash_table_lookup (self->opens, &capture->key);

  if (open == NULL && capture->kind == OH_CAPTURE_BEGIN)
    {
      open = open_new (capture->key);
      g_hash_table_insert (self->opens, &open->key, open);
    }
  /* Its BEGIN was given up, or it has ended. */
  if (open == NULL || open->end != NULL)
    {
      self->released += order->size;
      return;
    }
  open->held += order->size;
  self->held += order->size;
  open->gaps |= (guint) order->number;
  if (open->dirty_since == 0)
    {
      open->dirty_since = oh_clock_monotonic_ns ();
      g_ptr_array_add (self->dirty, open);
    }
  if (capture->exchange != NULL)
    {
      g_clear_pointer (&open->exchange, oh_exchange_unref);
      open->exchange = oh_exchange_ref (capture->exchange);
      open->head_dirty = TRUE;
    }
  switch (capture->kind)
    {
    case OH_CAPTURE_REQUEST_DATA:
    case OH_CAPTURE_RESPONSE_DATA:
      {
        guint side = capture->kind == OH_CAPTURE_RESPONSE_DATA;
        gsize length;
        const void *data = g_bytes_get_data (capture->data, &length);

        oh_body_append (&open->bodies[side], data, length, capture->at_ns);
        if (side == 1 && open->first_byte < 0)
          {
            open->first_byte = capture->at_ns;
            open->head_dirty = TRUE;
          }
        break;
      }
    case OH_CAPTURE_REQUEST_END:
      open->request_sent = capture->at_ns;
      open->head_dirty = TRUE;
      break;
    case OH_CAPTURE_END:
      open->end = oh_capture_ref (capture);
      break;
    case OH_CAPTURE_BEGIN:
    case OH_CAPTURE_RESPONSE_HEAD:
    case OH_CAPTURE_POST:
      break;
    }
}

void
oh_writer_absorb (OhWriter *self, OhOrder *order)
{
  if (order->kind == OH_ORDER_SEARCHABLE)
    {
      oh_texts_add (self->texts, order);
      return;
    }
  if (order->kind != OH_ORDER_CAPTURE)
    {
      if (oh_order_is_insight (order))
        g_queue_push_tail (&self->sayings, order);
      else
        g_ptr_array_add (self->orders, order);
      return;
    }
  if (order->capture->kind == OH_CAPTURE_POST)
    {
      oh_posts_absorb (self->posts, order);
      return;
    }
  absorb_capture (self, order);
  oh_order_free (order);
}

/* --- exchanges --- */

static gint64
real_run (OhWriter *self, gint64 id)
{
  gint64 *real;

  if (id >= 0)
    return id;
  real = g_hash_table_lookup (self->runs, &id);
  return real != NULL ? *real : 0;
}

static void
count_in_run (OhWriter *self, gint64 run_id)
{
  guint count;

  if (run_id == 0)
    return;
  count = GPOINTER_TO_UINT (g_hash_table_lookup (self->run_counts, &run_id));
  g_hash_table_replace (self->run_counts, g_memdup2 (&run_id, sizeof run_id), GUINT_TO_POINTER (count + 1));
}

static void
pack_headers (OhWriter *self, const OhHeaders *headers, GByteArray *out, char **packed)
{
  char *text = headers != NULL ? oh_headers_to_string (headers) : NULL;

  if (g_strcmp0 (text, *packed) == 0)
    {
      g_free (text);
      return;
    }
  g_free (*packed);
  *packed = text;
  g_byte_array_set_size (out, 0);
  if (text != NULL)
    oh_packer_pack (self->parts->packer, text, strlen (text), out);
}

/* What the row says while the recorder has not said it yet. A shallow copy. */
static OhExchange
complete (OhWriter *self, const Open *open)
{
  OhExchange row = *open->exchange;

  row.run_id = real_run (self, row.run_id);
  row.gaps |= (OhGap) open->gaps;
  if (open->end != NULL && oh_capture_is_released (open->end))
    row.gaps |= OH_GAP_LATE;
  row.request_length = MAX (row.request_length, open->bodies[0].length);
  row.response_length = MAX (row.response_length, open->bodies[1].length);
  if (row.timings.request_sent < 0)
    row.timings.request_sent = open->request_sent;
  if (row.timings.first_byte < 0)
    row.timings.first_byte = open->first_byte;
  return row;
}

static void
write_row (OhWriter *self, Open *open, const OhExchange *row)
{
  OhDb *db = self->db;
  const gint64 writer = open->end != NULL ? 0 : self->writer_id;
  sqlite3_stmt *statement;
  gint64 program_id;

  if (open->stored && !open->head_dirty)
    {
      oh_db_run (db, "UPDATE exchange SET change = ?, request_length = ?, response_length = ? WHERE id = ?", "iiii",
                 self->counters.change, row->request_length, row->response_length, open->id);
      return;
    }
  program_id = !open->stored && row->program != NULL ? oh_row_put_program (db, row->program) : 0;
  if (open->stored)
    statement = oh_db_query (
        db, "UPDATE exchange SET (change, writer, " OH_ROW_WIRE ") = (?2, ?3, " OH_ROW_WIRE_MARKS ") WHERE id = ?1",
        "iii", open->id, self->counters.change, writer);
  else
    statement = oh_db_query (
        db,
        "INSERT INTO exchange (id, change, writer, program_id, " OH_ROW_WIRE ") VALUES (?1, ?2, ?3, ?4, " OH_ROW_WIRE_MARKS ")",
        "iiii", open->id, self->counters.change, writer, program_id);
  if (statement == NULL)
    return;
  oh_row_bind_wire (statement, open->stored ? 4 : 5, row);
  oh_db_step (db, statement);
  /* Until it is known to be a call. */
  if (!open->stored && row->route == OH_ROUTE_TOLD)
    oh_db_run (db, "INSERT OR IGNORE INTO unlisted (id) VALUES (?)", "i", open->id);
}

static void
write_open (OhWriter *self, Open *open)
{
  OhDb *db = self->db;
  OhExchange row = complete (self, open);
  const gboolean final = open->end != NULL;
  GByteArray *const none = NULL;
  GByteArray *blobs[6] = { none };

  self->counters.change++;
  if (!open->stored)
    {
      open->id = ++self->counters.exchange;
      /* What is told of calls is no more of them. */
      if (row.route != OH_ROUTE_TOLD)
        count_in_run (self, row.run_id);
    }
  write_row (self, open, &row);
  if (open->head_dirty)
    {
      pack_headers (self, row.request_headers, self->request_headers, &self->packed_texts[0]);
      pack_headers (self, row.response_headers, self->response_headers, &self->packed_texts[1]);
    }
  for (guint side = 0; side < 2 && final; side++)
    {
      oh_body_finish (&open->bodies[side], self->parts, self->recipes[side], self->arrivals[side]);
      blobs[2 + side] = self->recipes[side];
      blobs[4 + side] = self->arrivals[side];
    }
  blobs[0] = self->request_headers;
  blobs[1] = self->response_headers;
#define BLOB(n)                                                                                                        \
  (blobs[n] != NULL && blobs[n]->len > 0 ? blobs[n]->data : NULL), (gsize) (blobs[n] != NULL ? blobs[n]->len : 0)
  if (!open->stored)
    oh_db_run (db,
               "INSERT INTO detail (id, request_headers, response_headers, request_body, response_body,"
               " request_arrivals, response_arrivals) VALUES (?, ?, ?, ?, ?, ?, ?)",
               "ibbbbbb", open->id, BLOB (0), BLOB (1), BLOB (2), BLOB (3), BLOB (4), BLOB (5));
  else if (final)
    oh_db_run (db,
               "UPDATE detail SET request_headers = ?, response_headers = ?, request_body = ?, response_body = ?,"
               " request_arrivals = ?, response_arrivals = ? WHERE id = ?",
               "bbbbbbi", BLOB (0), BLOB (1), BLOB (2), BLOB (3), BLOB (4), BLOB (5), open->id);
  else if (open->head_dirty)
    oh_db_run (db, "UPDATE detail SET request_headers = ?, response_headers = ? WHERE id = ?", "bbi", BLOB (0),
               BLOB (1), open->id);
#undef BLOB
  for (guint side = 0; side < 2 && !final; side++)
    oh_body_write (&open->bodies[side], self->parts, open->id, side);
  if (final && (open->bodies[0].begun || open->bodies[1].begun))
    oh_db_run (db, "DELETE FROM pending WHERE exchange_id = ?", "i", open->id);
  if (final && open->end->post_id != 0)
    oh_posts_take (self->posts, open->end->post_id, open->end->post_told);
  g_ptr_array_add (self->written, open);
}

/* --- the other orders --- */

static void
add_run (OhWriter *self, OhOrder *order)
{
  const OhRun *run = order->run;
  g_autoptr (GByteArray) argv = oh_row_pack_argv (run->argv);
  gint64 id = ++self->counters.run;

  oh_db_run (self->db, "INSERT INTO run (id, writer, " OH_ROW_RUN ") VALUES (?, ?, " OH_ROW_RUN_MARKS ")",
             "iitbtttttiiiiiti", id, run->ended_ns != 0 ? (gint64) 0 : self->writer_id, run->name, argv->data,
             (gsize) argv->len, run->cwd, run->origin, run->trace, run->session, run->user, run->pid, run->started_ns,
             run->ended_ns, (gint64) run->exit_status, (gint64) run->term_signal, run->error, (gint64) run->isolated);
  self->counters.change++;
  g_hash_table_replace (self->runs, g_memdup2 (&order->id, sizeof id), g_memdup2 (&id, sizeof id));
}

static void
insert_console (OhWriter *self, gint64 run_id, gint64 offset, const void *data, gsize length)
{
  GByteArray *packed = self->parts->scratch;

  oh_packer_pack (self->parts->packer, data, length, packed);
  oh_db_run (self->db, "INSERT INTO console (run_id, offset, length, data) VALUES (?, ?, ?, ?)", "iiib", run_id, offset,
             (gint64) length, packed->data, (gsize) packed->len);
}

static void
append_console (OhWriter *self, OhOrder *order)
{
  gint64 run_id = real_run (self, order->id);
  gint64 end = oh_db_get_int (
      self->db, "SELECT offset + length FROM console WHERE run_id = ? ORDER BY offset DESC LIMIT 1", 0, "i", run_id);
  gsize length;
  const guint8 *data = g_bytes_get_data (order->data, &length);

  if (run_id == 0 || length == 0 || end > CONSOLE_MAX)
    return;
  if (end + (gint64) length > CONSOLE_MAX)
    {
      g_autofree char *limit = g_format_size_full ((guint64) CONSOLE_MAX, G_FORMAT_SIZE_IEC_UNITS);
      g_autofree char *note =
          g_strdup_printf (_ ("\r\n[Overhear keeps the first %s of a run's output; the rest is not kept.]\r\n"), limit);

      length = (gsize) (CONSOLE_MAX - end);
      if (length > 0)
        insert_console (self, run_id, end, data, length);
      insert_console (self, run_id, CONSOLE_MAX, note, strlen (note));
    }
  else
    {
      insert_console (self, run_id, end, data, length);
    }
  self->counters.change++;
}

static void
put_facts (OhWriter *self, OhOrder *order)
{
  sqlite3_stmt *statement = oh_db_query (
      self->db, "UPDATE exchange SET (change, " OH_ROW_FACTS ") = (?2, " OH_ROW_FACTS_MARKS ") WHERE id = ?1", "ii",
      order->id, self->counters.change + 1);

  if (statement == NULL)
    return;
  oh_row_bind_facts (statement, 3, order->facts);
  oh_db_step (self->db, statement);
  if (sqlite3_changes (self->db->handle) == 0)
    return;
  self->counters.change++;
  g_hash_table_add (self->told, g_memdup2 (&order->id, sizeof order->id));
  oh_zone_spoil (self->db, order->id);
  if (oh_facts_is_over (order->facts))
    oh_db_run (self->db,
               "UPDATE exchange SET outcome = ?, error_code = NULL, error = NULL"
               " WHERE id = ? AND outcome = ? AND ended_by = ?",
               "iiii", (gint64) OH_OUTCOME_FINISHED, order->id, (gint64) OH_OUTCOME_CUT, (gint64) OH_PARTY_CLIENT);
}

/* Mostly it comes together with the facts, which have told the change. */
static void
put_meaning (OhWriter *self, const OhMeaning *meaning)
{
  if (g_hash_table_contains (self->told, &meaning->exchange_id))
    {
      oh_meaning_write (self->db, self->parts->packer, meaning, 0);
      return;
    }
  if (oh_meaning_write (self->db, self->parts->packer, meaning, self->counters.change + 1))
    self->counters.change++;
  oh_zone_spoil (self->db, meaning->exchange_id);
}

static void
set_pinned (OhWriter *self, OhOrder *order)
{
  oh_db_run (self->db, "UPDATE exchange SET change = ?, pinned = ? WHERE id = ?", "iii", self->counters.change + 1,
             order->number, order->id);
  if (sqlite3_changes (self->db->handle) > 0)
    self->counters.change++;
}

static void
mark_late (OhWriter *self)
{
  for (guint i = 0; i < self->late->len; i++)
    {
      oh_db_run (self->db, "UPDATE exchange SET change = ?1, gaps = gaps | ?2 WHERE id = ?3 AND gaps & ?2 = 0", "iii",
                 self->counters.change + 1, (gint64) OH_GAP_LATE, g_array_index (self->late, gint64, i));
      if (sqlite3_changes (self->db->handle) > 0)
        self->counters.change++;
    }
}

static void
apply (OhWriter *self, OhOrder *order)
{
  switch (order->kind)
    {
    case OH_ORDER_FACTS:
      put_facts (self, order);
      break;
    case OH_ORDER_MEANING:
      put_meaning (self, order->meaning);
      break;
    case OH_ORDER_MUTE:
      oh_db_run (self->db, "UPDATE notice SET muted = ? WHERE id = ?", "ii", order->number, order->id);
      self->counters.change++;
      break;
    case OH_ORDER_PIN:
      set_pinned (self, order);
      break;
    case OH_ORDER_UPDATE_RUN:
      oh_row_update_run (self->db, real_run (self, order->id), order->run);
      self->counters.change++;
      break;
    case OH_ORDER_BUDGET:
      oh_store_budget_write (self->db, real_run (self, order->id), g_bytes_get_data (order->data, NULL), order->number);
      self->counters.change++;
      break;
    case OH_ORDER_CONSOLE:
      append_console (self, order);
      break;
    case OH_ORDER_CLEAR:
      oh_sweep_clear (self->parts, real_run (self, order->id), ++self->counters.change);
      oh_posts_count (self->posts);
      break;
    case OH_ORDER_DELETE:
      oh_retention_delete (self->parts, g_bytes_get_data (order->data, NULL),
                           (guint) (g_bytes_get_size (order->data) / sizeof (gint64)), ++self->counters.change);
      break;
    case OH_ORDER_SENDING:
      oh_sending_write (self->db, order);
      self->counters.change++;
      break;
    case OH_ORDER_ADD_RUN: /* before the exchanges, which name it */
    case OH_ORDER_BARRIER:
    case OH_ORDER_CAPTURE:
    case OH_ORDER_SEARCHABLE:
      break;
    }
}

/* --- transactions --- */

/* Whoever waits for an end does not wait for what insight says, but every other time, so that this is said in the end. */
static void
say (OhWriter *self, gboolean all)
{
  const gint64 begun_ns = oh_clock_monotonic_ns ();
  gboolean awaited = oh_posts_any (self->posts);

  self->said = 0;
  for (guint i = 0; i < self->written->len && !awaited; i++)
    {
      const Open *open = g_ptr_array_index (self->written, i);

      awaited = open->end != NULL && open->exchange->route != OH_ROUTE_TOLD;
    }
  self->ends_first = awaited && !self->ends_first && !all;
  if (self->ends_first)
    return;
  for (GList *l = self->sayings.head; l != NULL; l = l->next, self->said++)
    {
      OhOrder *order = l->data;

      if (!all && self->said > 0 && order->kind == OH_ORDER_FACTS && oh_step_is_over (begun_ns, awaited || g_atomic_int_get (self->awaited)))
        break;
      apply (self, order);
    }
}

static void
load_counters (OhWriter *self)
{
  sqlite3_stmt *row = oh_db_query (self->db, "SELECT change, exchange, run FROM counter", "");

  if (oh_db_step (self->db, row))
    {
      self->counters.change = sqlite3_column_int64 (row, 0);
      self->counters.exchange = sqlite3_column_int64 (row, 1);
      self->counters.run = sqlite3_column_int64 (row, 2);
      oh_db_done (self->db, row);
    }
  self->before = self->counters;
}

static void
store_counters (OhWriter *self)
{
  GHashTableIter iter;
  gpointer run_id, count;

  g_hash_table_iter_init (&iter, self->run_counts);
  while (g_hash_table_iter_next (&iter, &run_id, &count))
    oh_db_run (self->db, "UPDATE run SET exchanges = exchanges + ? WHERE id = ?", "ii",
               (gint64) GPOINTER_TO_UINT (count), *(gint64 *) run_id);
  if (memcmp (&self->before, &self->counters, sizeof self->before) != 0)
    oh_db_run (self->db, "UPDATE counter SET change = ?, exchange = ?, run = ?", "iii", self->counters.change,
               self->counters.exchange, self->counters.run);
}

static gboolean
is_due (const OhWriter *self, const Open *open, gint64 now_ns, gboolean all)
{
  return all || self->held >= HELD_MAX || open->end != NULL || now_ns - open->dirty_since >= WRITE_WITHIN_NS;
}

static void
settle_opens (OhWriter *self)
{
  guint kept = 0;

  for (guint i = 0; i < self->written->len; i++)
    {
      Open *open = g_ptr_array_index (self->written, i);

      self->released += open->held;
      self->held -= open->held;
      open->held = 0;
      open->stored = TRUE;
      open->head_dirty = FALSE;
      open->dirty_since = 0;
      for (guint side = 0; side < 2; side++)
        oh_body_settle (&open->bodies[side]);
    }
  for (guint i = 0; i < self->dirty->len; i++)
    {
      Open *open = g_ptr_array_index (self->dirty, i);

      if (open->dirty_since != 0)
        self->dirty->pdata[kept++] = open;
    }
  g_ptr_array_set_size (self->dirty, (gint) kept);
  for (guint i = 0; i < self->written->len; i++)
    {
      Open *open = g_ptr_array_index (self->written, i);

      if (open->end == NULL)
        continue;
      /* Marked with the next commit, unless the row says it already (then that changes nothing). */
      if (oh_capture_is_released (open->end))
        g_array_append_val (self->late, open->id);
      oh_capture_committed (open->end);
      g_hash_table_remove (self->opens, &open->key);
    }
}

static void
settle_orders (OhWriter *self)
{
  for (; self->said > 0; self->said--)
    {
      OhOrder *order = g_queue_pop_head (&self->sayings);

      self->released += order->size;
      oh_order_free (order);
    }
  for (guint i = 0; i < self->orders->len; i++)
    {
      OhOrder *order = g_ptr_array_index (self->orders, i);
      gint64 *id = order->kind == OH_ORDER_ADD_RUN ? g_hash_table_lookup (self->runs, &order->id) : NULL;

      self->released += order->size;
      if (order->waiter != NULL)
        self->done (order, id != NULL ? *id : 0, self->data);
    }
  g_ptr_array_set_size (self->orders, 0);
}

gboolean
oh_writer_commit (OhWriter *self, gint64 now_ns, gboolean all)
{
  gboolean committed;

  self->changed = FALSE;
  g_assert (self->written->len == 0);
  oh_db_begin (self->db);
  load_counters (self);
  for (guint i = 0; i < self->orders->len; i++)
    if (((OhOrder *) g_ptr_array_index (self->orders, i))->kind == OH_ORDER_ADD_RUN)
      add_run (self, g_ptr_array_index (self->orders, i));
  for (guint i = 0; i < self->dirty->len && self->db->error == SQLITE_OK; i++)
    if (is_due (self, g_ptr_array_index (self->dirty, i), now_ns, all))
      write_open (self, g_ptr_array_index (self->dirty, i));
  oh_posts_write (self->posts, &self->counters.change);
  for (guint i = 0; i < self->orders->len; i++)
    apply (self, g_ptr_array_index (self->orders, i));
  say (self, all);
  mark_late (self);
  store_counters (self);
  committed = oh_db_end (self->db);
  g_hash_table_remove_all (self->run_counts);
  g_hash_table_remove_all (self->told);
  if (committed)
    {
      self->changed = self->counters.change != self->before.change;
      oh_posts_keep (self->posts);
      g_array_set_size (self->late, 0);
      return TRUE;
    }
  for (guint i = 0; i < self->written->len; i++)
    for (guint side = 0; side < 2; side++)
      oh_body_revert (&((Open *) g_ptr_array_index (self->written, i))->bodies[side]);
  g_ptr_array_set_size (self->written, 0);
  oh_posts_revert (self->posts);
  /* Their ids may be another run's next time. */
  for (guint i = 0; i < self->orders->len; i++)
    if (((OhOrder *) g_ptr_array_index (self->orders, i))->kind == OH_ORDER_ADD_RUN)
      g_hash_table_remove (self->runs, &((OhOrder *) g_ptr_array_index (self->orders, i))->id);
  return FALSE;
}

void
oh_writer_settle (OhWriter *self)
{
  settle_opens (self);
  self->released += oh_posts_settle (self->posts);
  settle_orders (self);
  g_ptr_array_set_size (self->written, 0);
}

gint64
oh_writer_get_due (OhWriter *self)
{
  gint64 due = G_MAXINT64;

  if (self->orders->len > 0 || self->sayings.length > 0 || self->late->len > 0 || self->held >= HELD_MAX ||
      oh_posts_any (self->posts))
    return 0;
  for (guint i = 0; i < self->dirty->len; i++)
    {
      Open *open = g_ptr_array_index (self->dirty, i);

      due = MIN (due, open->end != NULL ? 0 : open->dirty_since + WRITE_WITHIN_NS);
    }
  return due;
}

gsize
oh_writer_take_released (OhWriter *self)
{
  gsize released = self->released + oh_texts_take_released (self->texts);

  self->released = 0;
  return released;
}

guint
oh_writer_give_up (OhWriter *self)
{
  guint lost = self->dirty->len;

  for (guint i = 0; i < self->dirty->len; i++)
    {
      Open *open = g_ptr_array_index (self->dirty, i);

      self->released += open->held;
      self->held -= open->held;
      g_hash_table_remove (self->opens, &open->key);
    }
  g_ptr_array_set_size (self->dirty, 0);
  self->released += oh_posts_give_up (self->posts, &lost);
  settle_orders (self);
  return lost;
}

gboolean
oh_writer_make_zones (OhWriter *self, gboolean idle, guint pace)
{
  gint64 begun_ns = oh_clock_monotonic_ns ();

  if (begun_ns < self->zones_at)
    return FALSE;
  if (!idle || self->sayings.length > 0 || pace >= ZONES_FAST_PACE)
    {
      self->zones_at = begun_ns + ZONES_RETRY_NS;
      return FALSE;
    }
  if (oh_zone_make_next (self->db, self->parts->packer))
    self->zones_at = begun_ns + ZONES_SHARE * (oh_clock_monotonic_ns () - begun_ns);
  else
    self->zones_at = begun_ns + ZONES_EVERY_NS;
  oh_db_forget_error (self->db);
  return TRUE;
}

gint64
oh_writer_get_zones_due (OhWriter *self)
{
  return self->zones_at;
}

gboolean
oh_writer_has_changed (OhWriter *self)
{
  return self->changed;
}
