/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-store-posts-private.h"

#include "oh-store-row-private.h"
#include "oh-store.h"

struct _OhPosts
{
  OhDb *db;
  gint64 writer_id;
  GPtrArray *waiting; /* OhCapture */
  gsize size;         /* what their orders count */
  gint64 taken_id;    /* the post of the last END in this transaction; 0: none */
  gint64 taken;       /* … and how much of it is stored */
  gssize change;      /* what this transaction adds to the following */
  gsize kept;         /* atomic */
};

OhPosts *
oh_posts_new (OhDb *db, gint64 writer_id)
{
  OhPosts *self = g_new0 (OhPosts, 1);

  self->db = db;
  self->writer_id = writer_id;
  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_capture_unref);
  return self;
}

void
oh_posts_free (OhPosts *self)
{
  g_ptr_array_unref (self->waiting);
  g_free (self);
}

void
oh_posts_absorb (OhPosts *self, OhOrder *order)
{
  g_ptr_array_add (self->waiting, oh_capture_ref (order->capture));
  self->size += order->size;
  oh_order_free (order);
}

gboolean
oh_posts_any (const OhPosts *self)
{
  return self->waiting->len > 0;
}

/* What is known of the post that is being taken apart. */
static void
write_taken (OhPosts *self)
{
  const gint64 id = self->taken_id;

  self->taken_id = 0;
  if (id == 0)
    return;
  if (self->taken >= 0)
    {
      oh_db_run (self->db, "UPDATE post SET told = ? WHERE id = ?", "ii", self->taken, id);
      return;
    }
  self->change -= (gssize) oh_db_get_int (self->db, "SELECT length (body) FROM post_body WHERE id = ?", 0, "i", id);
  oh_db_run (self->db, "DELETE FROM post WHERE id = ?", "i", id);
  oh_db_run (self->db, "DELETE FROM post_body WHERE id = ?", "i", id);
}

void
oh_posts_take (OhPosts *self, gint64 id, gint64 told)
{
  if (self->taken_id != id)
    write_taken (self);
  self->taken_id = id;
  self->taken = told;
}

void
oh_posts_write (OhPosts *self, gint64 *change)
{
  write_taken (self);
  for (guint i = 0; i < self->waiting->len && self->db->error == SQLITE_OK; i++)
    {
      const OhCapture *capture = self->waiting->pdata[i];
      const OhExchange *exchange = capture->exchange;
      const gint64 program_id = exchange->program != NULL ? oh_row_put_program (self->db, exchange->program) : 0;
      gsize length;
      const void *body = g_bytes_get_data (capture->data, &length);

      /* No number comes twice. */
      oh_db_run (self->db, "INSERT INTO post (id, writer, run_id, program_id, connection, target) VALUES (?, ?, ?, ?, ?, ?)", "iiiiit",
                 ++*change, self->writer_id, exchange->run_id, program_id, exchange->connection, exchange->target);
      oh_db_run (self->db, "INSERT INTO post_body (id, body) VALUES (?, ?)", "ib", *change, body, length);
      self->change += (gssize) length;
    }
}

gboolean
oh_posts_adopt (OhPosts *self)
{
  gboolean any;

  if (oh_db_get_int (self->db, "SELECT EXISTS (SELECT 1 FROM post WHERE writer = 0)", 0, "") == 0)
    return FALSE;
  oh_db_begin (self->db);
  oh_db_run (self->db, "UPDATE post SET writer = ? WHERE writer = 0", "i", OH_STORE_LEFT (self->writer_id));
  oh_posts_count (self);
  any = oh_db_end (self->db);
  if (any)
    g_atomic_pointer_add (&self->kept, self->change);
  self->change = 0;
  return any;
}

void
oh_posts_count (OhPosts *self)
{
  const gint64 kept = oh_db_get_int (
      self->db, "SELECT sum (length (body)) FROM post_body WHERE id IN (SELECT id FROM post WHERE writer IN (?, ?))", 0,
      "ii", self->writer_id, OH_STORE_LEFT (self->writer_id));

  self->change = (gssize) kept - (gssize) oh_posts_get_kept (self);
}

void
oh_posts_revert (OhPosts *self)
{
  self->change = 0;
  self->taken_id = 0;
}

static gsize
end_waiting (OhPosts *self)
{
  const gsize size = self->size;

  self->size = 0;
  g_ptr_array_set_size (self->waiting, 0);
  return size;
}

void
oh_posts_keep (OhPosts *self)
{
  g_atomic_pointer_add (&self->kept, self->change);
  oh_posts_revert (self);
}

gsize
oh_posts_settle (OhPosts *self)
{
  for (guint i = 0; i < self->waiting->len; i++)
    oh_capture_committed (self->waiting->pdata[i]);
  return end_waiting (self);
}

gsize
oh_posts_give_up (OhPosts *self, guint *lost)
{
  *lost += self->waiting->len;
  return end_waiting (self);
}

gsize
oh_posts_get_kept (OhPosts *self)
{
  return g_atomic_pointer_get (&self->kept);
}
