/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-redactor-private.h"
#include "oh-framed-private.h"
#include "oh-packed-private.h"
#include "oh-redact-skip-private.h"

struct _OhBodyRedactor
{
  OhRedactor *text;
  OhPacked *packed; /* (nullable): its bytes are unpacked first */
  OhFramed *framed; /* (nullable): its frames are opened first */
};

OhBodyRedactor *
oh_body_redactor_new (OhSecrets *secrets, gboolean token_path, const char *type, const char *encoding, gboolean *withheld)
{
  const gboolean encoded = encoding != NULL && *encoding != '\0' && g_ascii_strcasecmp (encoding, "identity") != 0;
  g_autoptr (OhBodyRedactor) self = NULL;

  *withheld = token_path && oh_context_type_has (type, "multipart/");
  if (*withheld)
    return NULL;
  self = g_new0 (OhBodyRedactor, 1);
  self->text = oh_redactor_new (secrets, oh_context_choose_mode (token_path, type));
  if (encoded)
    self->packed = oh_packed_new (self->text, encoding, oh_context_type_has (type, "event-stream"));
  else if (oh_context_type_has (type, AWS_FRAMES))
    self->framed = oh_framed_new (self->text);
  *withheld = encoded && self->packed == NULL && token_path;
  return encoded && self->packed == NULL ? NULL : g_steal_pointer (&self);
}

void
oh_body_redactor_free (OhBodyRedactor *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->packed, oh_packed_free);
  g_clear_pointer (&self->framed, oh_framed_free);
  oh_redactor_free (self->text);
  g_free (self);
}

GBytes *
oh_body_redactor_feed (OhBodyRedactor *self, GBytes *data)
{
  return self->packed != NULL ? oh_packed_feed (self->packed, data)
         : self->framed != NULL ? oh_framed_feed (self->framed, data)
                                : oh_redactor_feed (self->text, data);
}

GBytes *
oh_body_redactor_finish (OhBodyRedactor *self)
{
  return self->packed != NULL ? oh_packed_finish (self->packed)
         : self->framed != NULL ? oh_framed_finish (self->framed)
                                : oh_redactor_finish (self->text);
}

gboolean
oh_body_redactor_withholds (const OhBodyRedactor *self)
{
  return self->packed != NULL && oh_packed_withholds (self->packed);
}
