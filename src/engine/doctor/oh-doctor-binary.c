/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-doctor-private.h"

#include <elf.h>
#include <string.h>

#define SEGMENTS_MAX 256
#define ROOTS_NEEDED 3

typedef struct
{
  const guint8 *data;
  gsize length;
  gboolean wide; /* 64 bits */
} File;

/* Both kinds of ELF are read as the wide one. Returns: FALSE where it is not all there. */
static gboolean
read_head (const File *file, guint64 *offset, guint *size, guint *count)
{
  if (file->wide)
    {
      Elf64_Ehdr head;

      if (file->length < sizeof head)
        return FALSE;
      memcpy (&head, file->data, sizeof head);
      *offset = head.e_phoff;
      *size = head.e_phentsize;
      *count = head.e_phnum;
      return *size >= sizeof (Elf64_Phdr);
    }
  else
    {
      Elf32_Ehdr head;

      if (file->length < sizeof head)
        return FALSE;
      memcpy (&head, file->data, sizeof head);
      *offset = head.e_phoff;
      *size = head.e_phentsize;
      *count = head.e_phnum;
      return *size >= sizeof (Elf32_Phdr);
    }
}

static void
read_segment (const File *file, const guint8 *at, Elf64_Phdr *segment)
{
  Elf32_Phdr narrow;

  if (file->wide)
    {
      memcpy (segment, at, sizeof *segment);
      return;
    }
  memcpy (&narrow, at, sizeof narrow);
  *segment = (Elf64_Phdr) { .p_type = narrow.p_type, .p_offset = narrow.p_offset, .p_vaddr = narrow.p_vaddr,
                            .p_filesz = narrow.p_filesz };
}

/* Returns: how many bytes of the file stand at that offset, @length at most. */
static gsize
clip (const File *file, guint64 offset, guint64 length)
{
  return offset >= file->length ? 0 : (gsize) MIN (length, file->length - offset);
}

/* Where the file has what is loaded at @address; @length: (out) */
static const guint8 *
find_address (const File *file, const GArray *segments, guint64 address, gsize *length)
{
  for (guint i = 0; i < segments->len; i++)
    {
      const Elf64_Phdr *segment = &g_array_index (segments, Elf64_Phdr, i);
      const guint64 within = address - segment->p_vaddr;

      if (segment->p_type != PT_LOAD || address < segment->p_vaddr || within >= segment->p_filesz
          || segment->p_offset > file->length)
        continue;
      *length = clip (file, segment->p_offset + within, segment->p_filesz - within);
      return *length > 0 ? file->data + segment->p_offset + within : NULL;
    }
  return NULL;
}

/* Whether "connect" is among the names that it takes from its libraries, or a library may do it for it. */
static gboolean
may_connect (const File *file, const GArray *segments, const Elf64_Phdr *dynamic)
{
  static const char symbol[] = "\0connect"; /* with the NUL behind it */
  static const char *const plain[] = { "libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "ld-linux", "libselinux.so",
                                       "libpcre2-8.so", "libacl.so", "libattr.so", "libcap.so", "libgcc_s.so", "libtinfo.so",
                                       "libgmp.so", "linux-vdso.so" };
  const gsize step = file->wide ? sizeof (Elf64_Dyn) : sizeof (Elf32_Dyn);
  const gsize size = clip (file, dynamic->p_offset, dynamic->p_filesz);
  const guint8 *names = NULL;
  gsize names_length = 0;

  for (guint pass = 0; pass < 2; pass++)
    {
      for (gsize at = 0; at + step <= size; at += step)
        {
          guint64 tag, value;
          gboolean known = FALSE;
          const char *name;

          if (file->wide)
            {
              Elf64_Dyn entry;

              memcpy (&entry, file->data + dynamic->p_offset + at, sizeof entry);
              tag = (guint64) entry.d_tag;
              value = entry.d_un.d_val;
            }
          else
            {
              Elf32_Dyn entry;

              memcpy (&entry, file->data + dynamic->p_offset + at, sizeof entry);
              tag = (guint64) entry.d_tag;
              value = entry.d_un.d_val;
            }
          if (tag == DT_NULL)
            break;
          if (pass == 0 && tag == DT_STRTAB)
            names = find_address (file, segments, value, &names_length);
          if (pass == 0 || tag != DT_NEEDED)
            continue;
          if (value >= names_length || memchr (names + value, '\0', names_length - value) == NULL)
            return TRUE;
          name = (const char *) names + value;
          for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
            known = known || g_str_has_prefix (name, plain[i]);
          if (!known)
            return TRUE;
        }
      if (names == NULL)
        return TRUE;
    }
  return memmem (names, names_length, symbol, sizeof symbol) != NULL;
}

static gboolean
has_own_roots (const File *file)
{
  static const char *const roots[] = { "ISRG Root X1", "DigiCert Global Root G2", "Amazon Root CA 1", "GTS Root R1",
                                       "GlobalSign Root CA" };
  guint found = 0;

  for (guint i = 0; i < G_N_ELEMENTS (roots) && found < ROOTS_NEEDED; i++)
    found += memmem (file->data, file->length, roots[i], strlen (roots[i])) != NULL;
  return found >= ROOTS_NEEDED;
}

void
oh_doctor_read_binary (const guint8 *data, gsize length, OhBinary *binary)
{
  /* cmd/go/internal/version: where the linker put what it was built from. */
  static const char go[] = "\xff Go buildinf:";
  const File file = { data, length, length > EI_CLASS && data[EI_CLASS] == ELFCLASS64 };
  g_autoptr (GArray) segments = g_array_new (FALSE, FALSE, sizeof (Elf64_Phdr));
  const Elf64_Phdr *dynamic = NULL;
  gboolean interpreter = FALSE;
  guint64 offset;
  guint size, count;

  *binary = (OhBinary) { 0 };
  if (length < EI_NIDENT || memcmp (data, ELFMAG, SELFMAG) != 0)
    return;
  binary->elf = TRUE;
  binary->connects = TRUE;
  binary->go = memmem (data, length, go, sizeof go - 1) != NULL;
  binary->own_roots = has_own_roots (&file);
  if (data[EI_DATA] != (G_BYTE_ORDER == G_LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)
      || !read_head (&file, &offset, &size, &count))
    return;
  for (guint i = 0; i < MIN (count, SEGMENTS_MAX); i++)
    {
      Elf64_Phdr segment;

      if (clip (&file, offset, size) < size)
        return;
      read_segment (&file, data + offset, &segment);
      g_array_append_val (segments, segment);
      offset += size;
    }
  for (guint i = 0; i < segments->len; i++)
    {
      const Elf64_Phdr *segment = &g_array_index (segments, Elf64_Phdr, i);

      interpreter = interpreter || segment->p_type == PT_INTERP;
      if (segment->p_type == PT_DYNAMIC)
        dynamic = segment;
    }
  binary->fixed = !interpreter;
  /* Go calls the kernel itself. */
  if (interpreter && dynamic != NULL && !binary->go)
    binary->connects = may_connect (&file, segments, dynamic);
}
