/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-resolver-private.h"

#include <gio/gio.h>
#include <netdb.h>
#include <sys/socket.h>

/* GIO's own is the parent class, whatever it is called. */
static GResolverClass *system_class;

typedef struct
{
  char *name;
  GResolverNameLookupFlags flags;
  GError *error; /* the system's: what is said if we find nothing either */
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_clear_error (&question->error);
  g_free (question);
}

static void
free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

/* Returns: (transfer full), or NULL if there are none */
static GList *
ask_again (const char *name, GResolverNameLookupFlags flags)
{
  const struct addrinfo hints = {
    .ai_socktype = SOCK_STREAM,
    .ai_family = flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY   ? AF_INET
                 : flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY ? AF_INET6
                                                                  : AF_UNSPEC,
  };
  struct addrinfo *found = NULL;
  GList *addresses = NULL;

  if (getaddrinfo (name, NULL, &hints, &found) != 0)
    return NULL;
  for (struct addrinfo *entry = found; entry != NULL; entry = entry->ai_next)
    {
      g_autoptr (GSocketAddress) address = g_socket_address_new_from_native (entry->ai_addr, entry->ai_addrlen);

      if (G_IS_INET_SOCKET_ADDRESS (address))
        addresses = g_list_prepend (
            addresses, g_object_ref (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address))));
    }
  freeaddrinfo (found);
  return g_list_reverse (addresses);
}

static void
ask_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Question *question = data;
  GList *addresses = ask_again (question->name, question->flags);

  if (addresses != NULL)
    g_task_return_pointer (task, addresses, free_addresses);
  else
    g_task_return_error (task, g_steal_pointer (&question->error));
}

static void
system_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Question *question = g_task_get_task_data (task);
  GList *addresses = system_class->lookup_by_name_with_flags_finish (G_RESOLVER (source), result, &question->error);

  if (addresses != NULL)
    g_task_return_pointer (task, addresses, free_addresses);
  else if (g_error_matches (question->error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
    g_task_run_in_thread (task, ask_in_thread);
  else
    g_task_return_error (task, g_steal_pointer (&question->error));
}

static void
lookup_with_flags_async (GResolver *resolver,
                         const char *name,
                         GResolverNameLookupFlags flags,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, data);
  Question *question = g_new0 (Question, 1);

  question->name = g_strdup (name);
  question->flags = flags;
  g_task_set_source_tag (task, lookup_with_flags_async);
  g_task_set_task_data (task, question, question_free);
  g_task_set_return_on_cancel (task, TRUE);
  system_class->lookup_by_name_with_flags_async (resolver, name, flags, cancellable, system_answered, task);
}

static void
lookup_async (GResolver *resolver, const char *name, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  lookup_with_flags_async (resolver, name, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT, cancellable, callback, data);
}

static GList *
lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GList *
lookup_with_flags (GResolver *resolver,
                   const char *name,
                   GResolverNameLookupFlags flags,
                   GCancellable *cancellable,
                   GError **error)
{
  GError *local = NULL;
  GList *addresses = system_class->lookup_by_name_with_flags (resolver, name, flags, cancellable, &local);

  if (addresses == NULL && g_error_matches (local, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
    addresses = ask_again (name, flags);
  if (addresses == NULL)
    g_propagate_error (error, local);
  else
    g_clear_error (&local);
  return addresses;
}

static GList *
lookup (GResolver *resolver, const char *name, GCancellable *cancellable, GError **error)
{
  return lookup_with_flags (resolver, name, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT, cancellable, error);
}

static void
class_init (gpointer klass, gpointer data)
{
  GResolverClass *resolver_class = klass;

  system_class = g_type_class_peek_parent (klass);
  resolver_class->lookup_by_name = lookup;
  resolver_class->lookup_by_name_async = lookup_async;
  resolver_class->lookup_by_name_finish = lookup_finish;
  resolver_class->lookup_by_name_with_flags = lookup_with_flags;
  resolver_class->lookup_by_name_with_flags_async = lookup_with_flags_async;
  resolver_class->lookup_by_name_with_flags_finish = lookup_finish;
}

void
oh_resolver_install (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      g_autoptr (GResolver) system = g_resolver_get_default ();
      g_autoptr (GResolver) ours = NULL;
      GTypeQuery parent;
      GType type;

      g_type_query (G_OBJECT_TYPE (system), &parent);
      type = g_type_register_static_simple (G_OBJECT_TYPE (system), "OhResolver", parent.class_size, class_init,
                                            parent.instance_size, NULL, 0);
      ours = g_object_new (type, NULL);
      g_resolver_set_default (ours);
      g_once_init_leave (&once, 1);
    }
}
