/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the doctor reads of programs and settings, which may be anything. */
#include "config.h"
#include "oh-doctor-private.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_auto (GStrv) environment = g_strdupv ((char *[]) { (char *) "A=b c", (char *) "HOME=/root", NULL });
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GPtrArray) commands = oh_doctor_split_shell (text, environment);
  g_auto (GStrv) interpreter = oh_doctor_split_shebang ((const char *) data, size);
  g_autofree char *top = oh_doctor_read_toml (text, NULL, "model_provider");
  g_autofree char *inner = oh_doctor_read_toml (text, "model_providers.azure", "base_url");
  g_autofree char *host = NULL;
  g_autofree char *url = oh_doctor_show_url (text, &host);
  OhBinary binary;

  oh_doctor_read_binary (data, size, &binary);
  g_assert_true (binary.elf || (!binary.fixed && !binary.go && !binary.connects && !binary.own_roots));
  for (guint i = 0; commands != NULL && i < commands->len; i++)
    g_assert_true (g_strv_length (commands->pdata[i]) > 0);
  g_assert_true (interpreter == NULL || (size > 2 && *interpreter[0] != '\0' && g_strv_length (interpreter) <= 2));
  g_assert_true ((url != NULL) == (host != NULL));
  /* A password stands before an at sign. */
  g_assert_true (url == NULL || strchr (url, '@') == NULL || strchr (host, '@') != NULL);
  return 0;
}
