/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-names-private.h"
#include "oh-ns.h"

#include <string.h>

#define NAMES_MAX 100000

struct _OhNames
{
  GMutex lock;
  GHashTable *numbers; /* name → its number + 1 */
  GPtrArray *names;    /* by number; of the keys */
  guint next;          /* whose turn it is to be forgotten, once all are taken */
  guint32 first4;
  guint32 end4;
};

static guint32
read_number (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

static void
write_number (guint8 *at, guint32 number)
{
  for (guint i = 0; i < 4; i++)
    at[i] = (guint8) (number >> (24 - 8 * i));
}

OhNames *
oh_names_new (void)
{
  OhNames *self = g_new0 (OhNames, 1);
  const OhEnd first = oh_end_make (OH_NS_NAMES4, 0);
  const OhEnd end = oh_end_make (OH_NS_NAMES4_END, 0);

  g_mutex_init (&self->lock);
  self->numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->names = g_ptr_array_new ();
  self->first4 = read_number (first.address);
  self->end4 = read_number (end.address);
  g_assert (self->end4 - self->first4 >= NAMES_MAX);
  return self;
}

void
oh_names_free (OhNames *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->numbers);
  g_ptr_array_unref (self->names);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static guint
get_number (OhNames *self, const char *name)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->numbers, name));
  char *copy;

  if (number > 0)
    return number - 1;
  copy = g_strdup (name);
  if (self->names->len < NAMES_MAX)
    {
      number = self->names->len;
      g_ptr_array_add (self->names, copy);
    }
  else
    {
      number = self->next;
      self->next = (self->next + 1) % NAMES_MAX;
      g_hash_table_remove (self->numbers, self->names->pdata[number]);
      self->names->pdata[number] = copy;
    }
  g_hash_table_insert (self->numbers, copy, GUINT_TO_POINTER (number + 1));
  return number;
}

OhEnd
oh_names_get_address (OhNames *self, const char *name, guint8 version)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  OhEnd end = oh_end_make (version == 6 ? OH_NS_NAMES6 : OH_NS_NAMES4, 0);
  /* The first of a network is everybody's (RFC 4291, 2.6.1). */
  const guint number = get_number (self, name) + 1;

  if (version == 6)
    write_number (end.address + 12, number);
  else
    write_number (end.address, self->first4 + number);
  return end;
}

gboolean
oh_names_find (OhNames *self, const OhEnd *end, char **name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const OhEnd first6 = oh_end_make (OH_NS_NAMES6, 0);
  guint32 number = read_number (end->address + (end->version == 6 ? 12 : 0));

  *name = NULL;
  if (end->version == 6 ? memcmp (end->address, first6.address, 12) != 0 : number < self->first4 || number >= self->end4)
    return FALSE;
  if (end->version == 4)
    number -= self->first4;
  if (number > 0 && number <= self->names->len)
    *name = g_strdup (self->names->pdata[number - 1]);
  return TRUE;
}
