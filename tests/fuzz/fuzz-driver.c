/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a libFuzzer target without libFuzzer, with any compiler: every file of its corpus, then seeded mutations of them
 * for some seconds. The input being tried is mirrored into a file, so that it survives a crash.
 *
 *     fuzz-NAME-driver NAME CORPUS DICTIONARY SECONDS [SEED]
 *     fuzz-NAME-driver NAME FILE          tries that one input again */
#include "config.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX 8192
#define DEFAULT_SEED 20261121

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef struct
{
  char *name;    /* of the mirror file */
  guint8 *bytes; /* mapped: length, then input */
} Mirror;

static void
mirror_open (Mirror *mirror, const char *target)
{
  int fd;

  mirror->name = g_strdup_printf ("fuzz-%s.%d.current", target, (int) getpid ());
  fd = g_open (mirror->name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, INPUT_MAX + 8), ==, 0);
  mirror->bytes = mmap (NULL, INPUT_MAX + 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (mirror->bytes != MAP_FAILED);
  close (fd);
}

static void
mirror_close (Mirror *mirror)
{
  munmap (mirror->bytes, INPUT_MAX + 8);
  g_unlink (mirror->name);
  g_free (mirror->name);
}

static void
try (Mirror *mirror, const guint8 *data, gsize size)
{
  guint64 length = size;
  g_autofree guint8 *copy = g_malloc (MAX (size, 1)); /* its own allocation, so that a sanitizer sees its end */

  memcpy (mirror->bytes, &length, 8);
  if (size > 0)
    {
      memcpy (mirror->bytes + 8, data, size);
      memcpy (copy, data, size);
    }
  LLVMFuzzerTestOneInput (copy, size);
}

static GPtrArray *
read_corpus (const char *folder)
{
  GPtrArray *corpus = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char *data;
      gsize length;

      if (g_file_get_contents (path, &data, &length, NULL))
        g_ptr_array_add (corpus, g_bytes_new_take (data, MIN (length, INPUT_MAX)));
    }
  return corpus;
}

/* The words of a libFuzzer dictionary: "…" with \\, \" and \xHH. */
static GPtrArray *
read_words (const char *path)
{
  GPtrArray *words = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return words;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *at = strchr (lines[i], '"');
      g_autoptr (GByteArray) word = g_byte_array_new ();

      if (*lines[i] == '#' || at == NULL)
        continue;
      for (at++; *at != '\0' && *at != '"'; at++)
        {
          guint8 byte = (guint8) *at;

          if (at[0] == '\\' && at[1] == 'x' && g_ascii_isxdigit (at[2]) && g_ascii_isxdigit (at[3]))
            {
              byte = (guint8) (g_ascii_xdigit_value (at[2]) * 16 + g_ascii_xdigit_value (at[3]));
              at += 3;
            }
          else if (at[0] == '\\' && at[1] != '\0')
            byte = (guint8) *++at;
          g_byte_array_append (word, &byte, 1);
        }
      g_ptr_array_add (words, g_byte_array_free_to_bytes (g_steal_pointer (&word)));
    }
  return words;
}

static gsize
pick (GRand *random, gsize end)
{
  return end == 0 ? 0 : (gsize) g_rand_int_range (random, 0, (gint32) end);
}

static void
insert (GByteArray *input, gsize at, const guint8 *data, gsize size)
{
  guint tail = input->len - (guint) at;

  if (size == 0)
    return;
  g_byte_array_set_size (input, input->len + (guint) size);
  memmove (input->data + at + size, input->data + at, tail);
  memcpy (input->data + at, data, size);
}

static void
mutate (GByteArray *input, GRand *random, GPtrArray *corpus, GPtrArray *words)
{
  gsize at = pick (random, input->len);
  gsize size = pick (random, MIN (input->len - at, 64) + 1);
  guint8 byte = (guint8) g_rand_int (random);

  switch (g_rand_int_range (random, 0, 7))
    {
    case 0:
      if (input->len > 0)
        input->data[at] ^= (guint8) (1 << pick (random, 8));
      break;
    case 1:
      if (input->len > 0)
        input->data[at] = byte;
      break;
    case 2:
      insert (input, at, &byte, 1);
      break;
    case 3:
      if (size > 0)
        g_byte_array_remove_range (input, (guint) at, (guint) size);
      break;
    case 4:
      {
        g_autofree guint8 *again = g_memdup2 (input->data + at, size);

        insert (input, at, again, size);
      }
      break;
    case 5:
      if (words->len > 0)
        {
          gsize length;
          const guint8 *word = g_bytes_get_data (words->pdata[pick (random, words->len)], &length);

          insert (input, at, word, length);
        }
      break;
    default:
      if (corpus->len > 0)
        {
          gsize length;
          const guint8 *other = g_bytes_get_data (corpus->pdata[pick (random, corpus->len)], &length);
          gsize from = pick (random, length);

          g_byte_array_set_size (input, (guint) at);
          g_byte_array_append (input, other + from, (guint) (length - from));
        }
      break;
    }
  if (input->len > INPUT_MAX)
    g_byte_array_set_size (input, INPUT_MAX);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) corpus = NULL;
  g_autoptr (GPtrArray) words = NULL;
  g_autoptr (GRand) random = NULL;
  guint32 seed = argc > 5 ? (guint32) g_ascii_strtoull (argv[5], NULL, 10) : DEFAULT_SEED;
  gint64 until;
  guint tried = 0;
  Mirror mirror;

  if (argc == 3)
    {
      g_autofree char *data = NULL;
      gsize length;

      if (!g_file_get_contents (argv[2], &data, &length, NULL))
        return 1;
      if (g_str_has_suffix (argv[2], ".current"))
        {
          guint64 size;

          memcpy (&size, data, 8);
          return LLVMFuzzerTestOneInput ((const guint8 *) data + 8, MIN (size, length - 8));
        }
      return LLVMFuzzerTestOneInput ((const guint8 *) data, length);
    }
  if (argc < 5)
    return 2;
  corpus = read_corpus (argv[2]);
  words = read_words (argv[3]);
  g_print ("1..2\n# seed %u, %u files, %u words\n", seed, corpus->len, words->len);
  mirror_open (&mirror, argv[1]);
  for (guint i = 0; i < corpus->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (corpus->pdata[i], &size);

      try (&mirror, data, size);
    }
  g_print ("%s 1 - the corpus of %s\n", corpus->len > 0 ? "ok" : "not ok", argv[1]);
  random = g_rand_new_with_seed (seed);
  until = g_get_monotonic_time () + (gint64) (g_ascii_strtod (argv[4], NULL) * G_USEC_PER_SEC);
  while (corpus->len > 0 && g_get_monotonic_time () < until)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      GBytes *from = corpus->pdata[pick (random, corpus->len)];

      g_byte_array_append (input, g_bytes_get_data (from, NULL), (guint) g_bytes_get_size (from));
      for (gsize rounds = pick (random, 8) + 1; rounds > 0; rounds--)
        mutate (input, random, corpus, words);
      try (&mirror, input->data, input->len);
      tried++;
    }
  mirror_close (&mirror);
  g_print ("%s 2 - %u mutations of %s\n", tried > 0 ? "ok" : "not ok", tried, argv[1]);
  return corpus->len > 0 && tried > 0 ? 0 : 1;
}
