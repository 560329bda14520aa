/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value that many hold and nobody changes: made by g_atomic_rc_box_new0 (), counted, and shared among threads. */
#pragma once
#include <glib.h>

/* Defines type_ref () and type_unref (). @clear: frees what it holds, not itself */
#define OH_DEFINE_VALUE(Type, type, clear)                                                                            \
  Type *type##_ref (Type *self)                                                                                       \
  {                                                                                                                   \
    g_return_val_if_fail (self != NULL, NULL);                                                                        \
    return g_atomic_rc_box_acquire (self);                                                                            \
  }                                                                                                                   \
  void type##_unref (Type *self)                                                                                      \
  {                                                                                                                   \
    g_return_if_fail (self != NULL);                                                                                  \
    g_atomic_rc_box_release_full (self, clear);                                                                       \
  }
