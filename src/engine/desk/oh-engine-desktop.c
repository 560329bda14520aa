/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desk-private.h"
#include "oh-doors-private.h"

void
oh_engine_take_desktop_async (OhEngine *self, const OhDesktopOptions *options, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_desk_take_async (oh_engine_get_desk (self), options, cancellable, callback, data);
}

gboolean
oh_engine_take_desktop_finish (OhEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), FALSE);
  return oh_desk_take_finish (oh_engine_get_desk (self), result, error);
}

gboolean
oh_engine_release_desktop (OhEngine *self, char ***kept, GError **error)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), FALSE);
  return oh_desk_release (oh_engine_get_desk (self), kept, error);
}

gboolean
oh_engine_has_desktop (OhEngine *self)
{
  const OhDesk *desk;

  g_return_val_if_fail (OH_IS_ENGINE (self), FALSE);
  desk = oh_engine_get_desk (self);
  return desk != NULL && oh_desk_is_on (desk);
}

const char *
oh_engine_get_desktop_news (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return oh_desk_get_news (oh_engine_get_desk (self));
}

void
oh_engine_listen (OhEngine *self, const guint16 *ports)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_desk_listen (oh_engine_get_desk (self), ports);
}

void
oh_engine_stop_listening (OhEngine *self)
{
  g_return_if_fail (OH_IS_ENGINE (self));
  oh_desk_stop_listening (oh_engine_get_desk (self));
}

const OhDoor *
oh_engine_get_doors (OhEngine *self)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return oh_desk_get_doors (oh_engine_get_desk (self));
}

char *
oh_engine_describe_copies (OhEngine *self, gint64 run_id, gboolean wait)
{
  g_return_val_if_fail (OH_IS_ENGINE (self), NULL);
  return oh_doors_describe_copies (oh_desk_get_proxy (oh_engine_get_desk (self)), run_id, wait);
}
