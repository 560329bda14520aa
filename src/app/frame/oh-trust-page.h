/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of the preferences: which stores of this computer trust Overhear's certificate, added and removed one by one or all at
 * once; each step is said before it is done. */
#pragma once
#include <adwaita.h>

G_BEGIN_DECLS

#define OH_TYPE_TRUST_PAGE (oh_trust_page_get_type ())
G_DECLARE_FINAL_TYPE (OhTrustPage, oh_trust_page, OH, TRUST_PAGE, AdwPreferencesPage)

void oh_trust_page_set_data_dir (OhTrustPage *self, const char *data_dir);

G_END_DECLS
