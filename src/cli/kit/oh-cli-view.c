/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli.h"

OhCliView *
oh_cli_view_new (OhStoreReader *reader, gint64 id)
{
  g_autoptr (OhExchange) exchange = oh_store_reader_get_exchange (reader, id);
  g_autoptr (OhInterpreter) interpreter = NULL;
  g_autoptr (GArray) accounts = NULL;
  OhCliView *self;

  if (exchange == NULL)
    return NULL;
  accounts = oh_store_reader_get_accounts (reader, id);
  interpreter = oh_interpreter_new (exchange);
  oh_feed_all (reader, interpreter, exchange);

  self = g_new0 (OhCliView, 1);
  self->exchange = g_steal_pointer (&exchange);
  self->accounts = oh_store_reader_get_rows (reader, (const gint64 *) (gpointer) accounts->data, accounts->len);
  self->reading = oh_interpreter_get_reading (interpreter);
  self->request_body = oh_interpreter_get_request_body (interpreter, NULL);
  self->response_body = oh_interpreter_get_response_body (interpreter, NULL);
  return self;
}

void
oh_cli_view_free (OhCliView *self)
{
  g_clear_pointer (&self->exchange, oh_exchange_unref);
  g_clear_pointer (&self->accounts, g_ptr_array_unref);
  g_clear_pointer (&self->reading, oh_reading_unref);
  g_clear_pointer (&self->request_body, g_bytes_unref);
  g_clear_pointer (&self->response_body, g_bytes_unref);
  g_free (self);
}
