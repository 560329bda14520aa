/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-knowledge.h"

#include <string.h>

#define LONGEST_QUOTE 200

/* What the model says is its own, not the program's: it is not translated. */
typedef struct
{
  const char *words;   /* all of these, separated by spaces, are in the question */
  const char *earlier; /* and this, when not NULL, was said before */
  const char *text;
  const char *thinking;
} Fact;

static const Fact FACTS[] = {
  { "larger population", NULL,
    "Berlin has the larger population: about 3.7 million people live within its city limits, compared with about "
    "2.1 million in Paris proper.",
    "The two cities mentioned so far are Paris and Berlin. Within the city limits, Berlin has about 3.7 million "
    "inhabitants and Paris about 2.1 million, although the Paris metropolitan area is larger. The question says city, "
    "so Berlin." },
  { "speed of light", NULL,
    "The speed of light in a vacuum is exactly 299,792,458 metres per second, which is about 186,282 miles per second.",
    "The metre is defined by this constant, so the value is exact: 299,792,458 m/s." },
  { "boiling point water", NULL,
    "Water boils at 100 °C (212 °F) at standard atmospheric pressure, and at a lower temperature higher up.",
    "At sea level, 100 degrees Celsius. Pressure matters, so I should mention the altitude." },
  { "capital france", NULL, "The capital of France is Paris.", "France: Paris." },
  { "capital germany", NULL, "The capital of Germany is Berlin.", "Germany: Berlin." },
  { "germany", "capital", "The capital of Germany is Berlin.",
    "The earlier question was about a capital, so this one is too. Germany: Berlin." },
  { "trip japan", NULL,
    "Here is a five-day trip that keeps the travelling short:\n\n"
    "1. **Tokyo** – arrive, walk through Asakusa and Ueno, dinner in an izakaya.\n"
    "2. **Tokyo** – Meiji shrine and Harajuku in the morning, Shibuya at night.\n"
    "3. **Hakone** – the open-air museum, a hot spring, and Mount Fuji if the clouds allow it.\n"
    "4. **Kyoto** – Fushimi Inari early, then the Gion district on foot.\n"
    "5. **Kyoto and Osaka** – Arashiyama's bamboo grove, street food in Dōtonbori, flight home from Kansai.\n\n"
    "A rail pass for the Tokyo–Kyoto leg is worth it only if you also return by train.",
    "Five days is short. Two bases, Tokyo and Kyoto, with Hakone between them, keep the moving to a minimum. Osaka can "
    "be an evening from Kyoto." },
  { "kyoto", NULL,
    "Kyoto was the imperial capital for more than a thousand years, and it shows: some 1,600 temples and 400 shrines "
    "stand in a city you can cross in half an hour. Go to **Fushimi Inari** before eight in the morning, to "
    "**Kinkaku-ji** "
    "on a bright day, and keep an evening for **Gion**, where lanterns light the wooden houses. November for the "
    "maples "
    "and early April for the cherries are the loveliest and the busiest weeks.",
    "The user wants more on the Kyoto part of the trip: history in one sentence, three places, and when to go." },
  { "osaka", NULL,
    "Osaka calls itself the nation's kitchen. Try **takoyaki**, octopus dumplings from a hot iron plate, "
    "**okonomiyaki**, a cabbage pancake you may grill yourself, and **kushikatsu**, skewers fried in crumbs – one dip "
    "in "
    "the shared sauce only. Dōtonbori has the lights; Kuromon market has the better prices.",
    "Street food in Osaka: takoyaki, okonomiyaki, kushikatsu. Mention the one-dip rule, and where to eat." },
  { "tokyo", NULL,
    "In Tokyo, don't leave without:\n\n"
    "- **Edomae sushi**, best at a counter in the morning near Toyosu market\n"
    "- **Ramen** in the shōyu style the city grew up with\n"
    "- **Tempura**, fried piece by piece in sesame oil\n"
    "- **Monjayaki**, a runny savoury pancake from Tsukishima\n"
    "- **Tonkatsu** with a heap of shredded cabbage",
    "Must-try dishes: pick what is truly of Tokyo. Edomae sushi, shoyu ramen, tempura, monjayaki." },
  { "rainbow", NULL,
    "Sunlight enters a raindrop, bends, bounces once off the back of the drop and bends again on its way out. Each "
    "colour bends by a slightly different angle – about 42° for red and 40° for violet – so from every drop only one "
    "colour reaches your eye, and all the drops at the same angle from the point opposite the sun draw a bow.",
    "A rainbow needs sun behind and rain in front. The steps are refraction, one internal reflection, refraction "
    "again. "
    "The angle of about 42 degrees explains the round shape: all drops at that angle from the antisolar point form a "
    "circle. The order of colours follows from dispersion, red outside and violet inside. I should keep it to two "
    "sentences." },
  { "what image", NULL, "The image shows a simple landscape: a yellow sun in a clear blue sky above a green hill.",
    "A blue area above, a green curve below, a yellow disc: a sun over a hill." },
  { "document", NULL, "The document is short and says what its title promises.", "A short document." },
  { "hello", NULL, "Hello! How can I help you today?", "A greeting." },
};

static const char *const CITIES[] = { "Paris",         "Berlin", "Tokyo",  "London",    "Madrid",
                                      "Rome",          "Lisbon", "Vienna", "Reykjavik", "New York",
                                      "San Francisco", "Kyoto",  "Osaka",  "Oslo",      "Helsinki" };

OhSimThought *
oh_sim_thought_new (const char *text, const char *thinking)
{
  OhSimThought *self = g_new0 (OhSimThought, 1);

  self->text = g_strdup (text);
  self->thinking = g_strdup (thinking);
  return self;
}

void
oh_sim_thought_free (OhSimThought *self)
{
  g_free (self->text);
  g_free (self->thinking);
  g_free (self);
}

static gboolean
says_all (const char *lower_text, const char *words)
{
  g_auto (GStrv) each = g_strsplit (words, " ", -1);

  for (char **word = each; *word != NULL; word++)
    if (strstr (lower_text, *word) == NULL)
      return FALSE;
  return TRUE;
}

static char *
group_digits (gint64 n)
{
  g_autofree char *plain = g_strdup_printf ("%" G_GINT64_FORMAT, n);
  GString *grouped = g_string_new (plain);

  for (gssize at = (gssize) grouped->len - 3; at > (n < 0 ? 1 : 0); at -= 3)
    g_string_insert_c (grouped, at, ',');
  return g_string_free (grouped, FALSE);
}

/* The product in “27 * 453”, worked out as one does by hand, or NULL. */
static OhSimThought *
multiply (const char *question)
{
  g_autoptr (GRegex) regex = g_regex_new ("(\\d{1,9})\\s*(?:\\*|×|x|times)\\s*(\\d{1,9})", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *first = NULL, *second = NULL, *product = NULL, *thinking = NULL, *text = NULL;
  gint64 a, b, tens, ones;

  if (!g_regex_match (regex, question, 0, &match))
    return NULL;
  first = g_match_info_fetch (match, 1);
  second = g_match_info_fetch (match, 2);
  a = g_ascii_strtoll (first, NULL, 10);
  b = g_ascii_strtoll (second, NULL, 10);
  tens = b - b % 10;
  ones = b % 10;
  product = group_digits (a * b);
  thinking = g_strdup_printf ("I split %s into %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT ".\n%s × %" G_GINT64_FORMAT
                              " = %" G_GINT64_FORMAT ", and %s × %" G_GINT64_FORMAT " = %" G_GINT64_FORMAT
                              ".\nTogether that is %" G_GINT64_FORMAT ".",
                              second, tens, ones, first, tens, a * tens, first, ones, a * ones, a * b);
  text = g_strdup_printf ("%s × %s = **%s**", first, second, product);
  return oh_sim_thought_new (text, thinking);
}

OhSimThought *
oh_sim_knowledge_ask (const char *question, const char *earlier)
{
  g_autofree char *lower = g_utf8_strdown (question, -1);
  g_autofree char *before = g_utf8_strdown (earlier != NULL ? earlier : "", -1);
  g_autofree char *question_start = g_utf8_substring (question, 0, MIN (LONGEST_QUOTE, g_utf8_strlen (question, -1)));
  g_autofree char *text = NULL;
  OhSimThought *product = multiply (question);

  if (product != NULL)
    return product;
  for (guint i = 0; i < G_N_ELEMENTS (FACTS); i++)
    if (says_all (lower, FACTS[i].words) && (FACTS[i].earlier == NULL || says_all (before, FACTS[i].earlier)))
      return oh_sim_thought_new (FACTS[i].text, FACTS[i].thinking);

  text = g_strdup_printf ("I am a simulated model and know only a few things by heart. You asked: “%s%s”",
                          question_start, g_utf8_strlen (question, -1) > LONGEST_QUOTE ? "…" : "");
  return oh_sim_thought_new (text, "This is not among the few things that I know by heart, so I had better say so.");
}

char **
oh_sim_knowledge_find_cities (const char *text)
{
  g_autoptr (GStrvBuilder) found = g_strv_builder_new ();
  g_autoptr (GRegex) regex = NULL;
  g_autoptr (GMatchInfo) match = NULL;
  gboolean any = FALSE;

  for (const char *at = text; *at != '\0'; at++)
    for (guint i = 0; i < G_N_ELEMENTS (CITIES); i++)
      if (g_str_has_prefix (at, CITIES[i]))
        {
          g_strv_builder_add (found, CITIES[i]);
          any = TRUE;
        }
  if (!any)
    {
      regex = g_regex_new ("\\bin ([A-Z][\\w-]+(?: [A-Z][\\w-]+)*)", 0, 0, NULL);
      if (g_regex_match (regex, text, 0, &match))
        {
          g_autofree char *city = g_match_info_fetch (match, 1);

          g_strv_builder_add (found, city);
        }
    }
  return g_strv_builder_end (found);
}
