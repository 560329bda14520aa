/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-provider.h"

#include <string.h>

/* Skips what Amazon puts before the names of a maker's models; NULL where that is nothing. */
static const char *
skip_maker (const char *id, const char *maker, OhModelSigns *signs)
{
  /* The first two name no region. */
  static const char *const regions[] = { "", "global.", "us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "sa.", "me.", "in." };

  for (guint i = 0; i < G_N_ELEMENTS (regions); i++)
    {
      const char *rest = g_str_has_prefix (id, regions[i]) ? id + strlen (regions[i]) : "";

      if (!g_str_has_prefix (rest, maker) || rest[strlen (maker)] != '.')
        continue;
      if (i > 1)
        *signs |= OH_MODEL_REGIONAL;
      return rest + strlen (maker) + 1;
    }
  return NULL;
}

static const char *
skip_platform (const char *id, OhModelSigns *signs)
{
  const OhProvider *provider;
  const char *slash = strrchr (id, '/');

  if (g_str_has_prefix (id, "arn:"))
    {
      *signs |= OH_MODEL_PLATFORM;
      id = slash != NULL ? slash + 1 : id;
      slash = NULL;
    }
  for (guint i = 0; (provider = oh_providers_get_nth (i)) != NULL; i++)
    {
      const char *rest = provider->maker != NULL ? skip_maker (id, provider->maker, signs) : NULL;

      if (rest == NULL && provider->maker != NULL && slash != NULL)
        rest = skip_maker (slash + 1, provider->maker, signs);
      if (rest != NULL)
        return rest;
    }
  return slash != NULL ? slash + 1 : id;
}

/* Resellers write "claude-sonnet-4.6" and "claude-3.7-sonnet:thinking". @id: (transfer full) (transfer full) */
static char *
spell (char *id)
{
  const OhProvider *provider;

  id[strcspn (id, ":")] = '\0';
  for (char *dot = strchr (id, '.'); dot != NULL; dot = strchr (dot + 1, '.'))
    if (dot > id && g_ascii_isdigit (dot[-1]) && g_ascii_isdigit (dot[1]))
      *dot = '-';
  for (guint i = 0; (provider = oh_providers_get_nth (i)) != NULL; i++)
    {
      char *spelt = provider->spell_model != NULL ? provider->spell_model (id) : NULL;

      if (spelt != NULL)
        {
          g_free (id);
          return spelt;
        }
    }
  return id;
}

char *
oh_providers_read_model (const char *model, OhModelSigns *signs)
{
  OhModelSigns ignored = 0;
  const OhProvider *provider;
  char *id;
  char *version;

  g_return_val_if_fail (model != NULL, NULL);
  if (signs == NULL)
    signs = &ignored;
  *signs = 0;
  for (guint i = 0; (provider = oh_providers_get_nth (i)) != NULL; i++)
    {
      const char *maker = provider->maker != NULL ? strstr (model, provider->maker) : NULL;

      if (maker == NULL || maker[strlen (provider->maker)] != '.')
        continue;
      *signs |= OH_MODEL_PLATFORM;
      if (maker - model >= 7 && strncmp (maker - 7, "us-gov.", 7) == 0)
        *signs |= OH_MODEL_GOVERNMENT;
    }
  id = g_strdup (skip_platform (model, signs));
  /* Bedrock: -v1:0, -v2:0, -v1:0:200k, -v1. */
  version = g_strrstr (id, "-v");
  if (version != NULL && g_ascii_isdigit (version[2]) && strspn (version + 2, "0123456789:k") == strlen (version + 2))
    *version = '\0';
  /* Vertex: @20251001; @default names no version. */
  version = strchr (id, '@');
  if (version != NULL && g_ascii_isdigit (version[1]))
    *version = '-';
  else if (version != NULL)
    *version = '\0';
  return spell (id);
}
