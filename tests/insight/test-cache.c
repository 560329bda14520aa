/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labelled sequences of calls with prompt caching. A line is a call at T seconds:
 *   T m=MODEL t=TOOL,TOOL s=TEXT,TEXT u=MESSAGE,MESSAGE,… r=READ w=WRITTEN [ttl=1h] [key=] [org=] [auto] [says=] …
 * A star behind a tool, text or block is a cache_control; messages alternate between user and assistant; | parts the
 * blocks of a message, _ is a space, ~ a line's end; a tool is NAME or NAME:KEYS (of its schema, a letter each), a block
 * !KEYS is a tool_use with such an input, ?TEXT is thinking. The last line has the label: => state reason [place[index]] [@character]
 * The sentences are what a person would answer who was shown the requests and the API's documentation. */
#include "config.h"
#include "oh-cache.h"
#include "oh-clock.h"
#include "oh-saying.h"
#include "readings.h"

#include <stdlib.h>

typedef struct
{
  const char *name;
  const char *lines[5];
} Sequence;

static const Sequence sequences[] = {
  /* Where all is well. */
  { "no breakpoint", { "0 s=S u=a => off no-breakpoint" } },
  { "first", { "0 s=S* u=a w=2000 => write first" } },
  { "below the smallest size", { "0 s=S* u=a => off too-short" } },
  { "hit, system only", { "0 s=S* u=a w=2000", "9 s=S* u=b r=2000 => hit none" } },
  { "hit and grown", { "0 s=S u=a* w=2000", "9 s=S u=a,x,b* r=2000 w=100 => hit none" } },
  { "hit three times", { "0 u=a* w=2000", "9 u=a,x,b* r=2000 w=100", "19 u=a,x,b,y,c* r=2100 w=100 => hit none" } },
  { "automatic marks", { "0 auto s=S u=a w=2000", "9 auto s=S u=a,x,b r=2000 w=100 => hit none" } },
  { "a use keeps it alive", { "0 u=a* w=2000", "200 u=a,x,b* r=2000 w=10", "450 u=a,x,b,y,c* r=2010 w=10 => hit none" } },
  { "an hour's time to live", { "0 ttl=1h u=a* w=2000", "3000 ttl=1h u=a,x,b* r=2000 w=10 => hit none" } },
  { "a new conversation after the same system prompt", { "0 s=S* u=a* w=2100", "9 s=S* u=b* r=2000 w=100 => hit none" } },
  { "a new conversation with no mark on the system prompt", { "0 s=S u=a* w=2100", "9 s=S u=b* w=2100 => write first" } },
  { "strings and blocks, marks that move", { "0 s=S* u=a* w=2000", "9 s=S* u=a,x,b* r=2000 w=50 => hit none" } },
  { "rounded counts", { "0 u=a* w=20000", "9 u=a,x,b* r=19990 w=100 => hit none" } },
  { "rewound to an earlier turn: it read what its own prefix had", { "0 u=a* w=2000", "9 u=a,x,b* r=2000 w=90", "19 u=a,x,c* r=2000 w=80 => hit none" } },
  { "another organisation has a cache of its own", { "0 org=o1 u=a* w=2000", "9 org=o2 u=a* w=2000 => write first" } },
  { "another key of one organisation shares it", { "0 org=o key=k1 u=a* w=2000", "9 org=o key=k2 u=a,x,b* w=2050 s=T => miss system system[0]" } },
  { "another key, no organisation known", { "0 key=k1 u=a* w=2000", "9 key=k2 u=a* w=2000 => write first" } },
  /* What changed. */
  { "model", { "0 m=claude-opus-5 s=S* u=a w=2000", "9 m=claude-sonnet-5 s=S* u=a w=2000 => miss model" } },
  { "model, in a loop", { "0 m=claude-opus-5 u=a* w=2000", "9 m=claude-haiku-4-5 u=a,x,b* w=2100 => miss model" } },
  { "model and back within the time", { "0 m=claude-opus-5 u=a* w=2000", "9 m=claude-haiku-4-5 u=a,x,b* w=2100", "19 m=claude-opus-5 u=a,x,b* r=2000 w=100 => hit none" } },
  { "system, the time of day", { "0 s=It_is_10:01_now.* u=a w=2000", "60 s=It_is_10:02_now.* u=a,x,b w=2000 => miss system system[0] @10" } },
  { "system, the time of day, other questions", { "0 s=You_are_a_helpful_assistant._10:01* u=a w=2000", "60 s=You_are_a_helpful_assistant._10:02* u=b w=2000 => miss system system[0] @33" } },
  { "system, its second part", { "0 s=S,user_is_Ann* u=a w=2000", "60 s=S,user_is_Bob* u=a,x,b w=2000 => miss system system[1] @8" } },
  { "system, a part more", { "0 s=S* u=a* w=2000", "60 s=S,more* u=a,x,b* w=2000 => miss system system[1]" } },
  { "system gone", { "0 s=S* u=a* w=2000", "60 u=a,x,b* w=2000 => miss system system[0]" } },
  { "tools, one more at the end", { "0 t=a,b s=S* u=q w=2000", "60 t=a,b,c s=S* u=q,x,y w=2100 => miss tools tools[2]" } },
  { "tools, one gone", { "0 t=a,b,c s=S* u=q w=2000", "60 t=a,b s=S* u=q,x,y w=1900 => miss tools tools[2]" } },
  { "tools, another order", { "0 t=a,b,c s=S* u=q w=2000", "60 t=b,a,c s=S* u=q w=2000 => miss tools tools[0]" } },
  { "tools, another description", { "0 t=a,b*,c u=q w=2000", "60 t=a,B*,c u=q w=2000 => miss tools tools[1] @9" } },
  { "tools before system", { "0 t=a s=S* u=q* w=2000", "60 t=b s=T* u=q* w=2000 => miss tools tools[0]" } },
  { "message, the first", { "0 s=S u=hello_Ann,x,b* w=2000", "9 s=S u=hello_Bob,x,b,y,c* w=2100 => miss messages messages[0] @6" } },
  { "message, an answer edited", { "0 u=a,x,b* w=2000", "9 u=a,X,b,y,c* w=2100 => miss messages messages[1]" } },
  { "message, a block of it", { "0 u=one|two|three* w=2000", "9 u=one|TWO|three,x,b* w=2100 => miss messages messages[0].1 @0" } },
  { "message, but the system prompt was read", { "0 s=S* u=a,x,b* w=2000", "9 s=S* u=a,Z,b,y,c* r=1500 w=600 => partial messages messages[1]" } },
  { "an old tool result cleared", { "0 s=S* u=a,x,result,y,b* w=9000", "9 s=S* u=a,x,cleared,y,b,z,c* r=1500 w=4000 => partial messages messages[2]" } },
  { "first message edited, the rest the same", { "0 s=S* u=a,x,b* w=2000", "9 s=S* u=A,x,b,y,c* r=1500 w=600 => partial messages messages[0]" } },
  { "both changed: the first in the cache's order", { "0 s=S u=a* w=2000", "9 s=T u=b,x,a* w=2000 => write first" } },
  { "system before messages", { "0 s=Sys_one u=a* w=2000", "9 s=Sys_two u=a,x,b* w=2000 => miss system system[0] @4" } },
  /* Parameters. */
  { "tool_choice", { "0 t=a s=S* u=q* w=2000", "9 t=a s=S* u=q,x,b* choice=any r=1800 w=300 => partial parameters" } },
  { "thinking", { "0 u=q* w=2000", "9 u=q,x,b* think=enabled w=2100 => miss parameters" } },
  { "temperature changes nothing", { "0 u=q* w=2000", "9 u=q,x,b* temp=1 r=2000 w=100 => hit none" } },
  { "thinking does not unmake the system's cache", { "0 s=S* u=q w=2000", "400 s=S* u=q think=enabled w=2000 => miss expired" } },
  /* Time. */
  { "five minutes passed", { "0 u=a* w=2000", "301 u=a,x,b* w=2100 => miss expired" } },
  { "five minutes passed since the last use", { "0 u=a* w=2000", "100 u=a,x,b* r=2000 w=100", "500 u=a,x,b,y,c* w=2200 => miss expired" } },
  { "an hour passed", { "0 ttl=1h u=a* w=2000", "3700 ttl=1h u=a,x,b* w=2100 => miss expired" } },
  { "the messages expired, the system prompt of an hour not", { "0 s=S*1h u=a* w=2000", "900 s=S*1h u=a,x,b* r=1500 w=600 => partial expired" } },
  { "changed and expired: what changed would have missed anyway", { "0 s=Sys_one* u=a w=2000", "900 s=Sys_two* u=a w=2000 => miss system system[0]" } },
  { "back to what was before a change, but too late", { "0 s=Sys_one* u=a* w=2000", "400 s=Sys_two* u=a* w=2000", "800 s=Sys_two* u=a,x,b* w=2100 => miss expired" } },
  { "side by side", { "0 s=S* u=a w=2000 head=3", "1 s=S* u=a w=2000 head=3 => miss not-yet" } },
  { "side by side, other questions", { "0 s=S* u=a w=2000 head=3", "2 s=S* u=b w=2000 head=3 => miss not-yet" } },
  /* Breakpoints. */
  { "21 blocks on", { "0 u=a* w=2000", "9 u=a,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21* w=3000 => miss moved" } },
  { "20 blocks on", { "0 u=a* w=2000", "9 u=a,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20* r=2000 w=900 => hit none" } },
  { "the breakpoint went to the system prompt", { "0 s=S u=a* w=2000", "9 s=S* u=a,x,b w=1500 => miss moved" } },
  { "the breakpoint went away", { "0 s=S u=a* w=2000", "9 s=S u=a,x,b => off no-breakpoint" } },
  { "only what was asked for is read", { "0 s=S* u=a* w=2000", "9 s=S* u=a,x,b r=1500 => hit none" } },
  /* Others between. */
  { "two conversations in turns", { "0 u=a* w=2000", "5 u=q* w=2000", "9 u=a,x,b* r=2000 w=100 => hit none" } },
  { "a sub-agent between, then a change", { "0 t=a s=Main* u=a,x,b* w=2000", "5 t=a s=Sub_agent* u=q* w=1000", "9 t=a s=Main* u=a,Z,b,y,c* r=1700 w=400 => partial messages messages[1]" } },
  { "a sub-agent is no changed system prompt", { "0 t=a,b,c s=You_are_Claude_Code,_an_agent* u=a* w=2000", "5 t=a,b,c s=Search_files_for_the_user* u=q* w=2000 => write first" } },
  { "an unmarked call between changes nothing", { "0 u=a* w=2000", "5 u=a in=10", "9 u=a,x,b* r=2000 w=100 => hit none" } },
  /* What the API says itself. */
  { "reported", { "0 s=S* u=a* w=2000", "9 s=T* u=a* w=2000 says=system_changed => miss system system[0] reported" } },
  { "reported, and we see no difference", { "0 s=S* u=a* w=2000", "9 s=S* u=a* w=2000 says=tools_changed => miss tools reported" } },
  { "reported without a call before", { "0 s=S* u=a* w=2000 says=messages_changed => miss messages reported" } },
  { "unavailable is no reason", { "0 u=a* w=2000", "400 u=a,x,b* w=2000 says=unavailable => miss expired" } },
  { "the same, but thinking was left out", { "0 u=a,?hm|x,b* w=2000", "9 u=a,x,b,y,c* w=2100 => miss thinking" } },
  { "thinking left out before anything was cached of it", { "0 u=a* w=2000", "9 u=a,?hm|x,b* r=2000 w=100", "19 u=a,x,b,y,c* r=2000 w=200 => partial thinking" } },
  { "thinking left out and nobody minds", { "0 u=a,?hm|x,b* w=2000", "9 u=a,x,b,y,c* r=2000 w=100 => hit none" } },
  /* The order of keys. */
  { "keys of a schema", { "0 t=a,b:xy*,c u=q w=2000", "9 t=a,b:yx*,c u=q w=2000 => miss tools tools[1] @29" } },
  { "keys of a schema, the system prompt expired", { "0 t=a:xy* s=S* u=q w=2000", "900 t=a:yx* s=S* u=q w=2000 => miss tools tools[0]" } },
  { "keys of a tool_use, seen in what came after the system prompt", { "0 s=S* u=a,!xy,r* w=2000", "9 s=S* u=a,!yx,r,y,c* r=1500 w=600 => partial messages messages[1]" } },
  /* What stands beside the prompt. */
  { "effort", { "0 u=q* w=2000", "9 u=q,x,b* effort=low w=2100 => miss parameters" } },
  { "effort that is the default", { "0 u=q* w=2000", "9 u=q,x,b* effort=high w=2100 => miss unexplained" } },
  { "effort unmakes no system prompt that expired", { "0 s=S* u=q w=2000", "400 s=S* u=q effort=low w=2000 => miss expired" } },
  { "effort and back within the time", { "0 u=q* w=2000", "9 u=q,x,b* effort=low w=2100", "19 u=q,x,b* r=2000 w=100 => hit none" } },
  { "output format unmakes all", { "0 s=S* u=q w=2000", "9 s=S* u=q format=a w=2000 => miss parameters" } },
  { "MCP servers unmake all", { "0 s=S* u=q mcp=a w=2000", "9 s=S* u=q mcp=b w=2000 => miss parameters" } },
  { "an MCP server's token is new", { "0 s=S* u=q mcp=a token=1 w=2000", "900 s=S* u=q mcp=a token=2 w=2000 => miss expired" } },
  { "speed leaves the tools alone", { "0 t=a* s=S u=q* w=2000", "9 t=a* s=S u=q,x,b* speed=fast r=500 w=1600 => partial parameters" } },
  { "a change of text comes before one of effort", { "0 s=One* u=q w=2000", "9 s=Two* u=q effort=low w=2000 => miss system system[0]" } },
  { "tool_choice auto is the default", { "0 u=q* choice=auto w=2000", "400 u=q,x,b* w=2100 => miss expired" } },
  { "another workspace", { "0 org=o key=k1 ws=w1 u=q* w=2000", "9 org=o key=k2 ws=w2 u=q,x,b* w=2100 => miss workspace" } },
  { "another workspace, another prompt", { "0 org=o key=k1 ws=w1 u=q* w=2000", "9 org=o key=k2 ws=w2 u=b* w=2100 => write first" } },
  { "back in the workspace", { "0 org=o key=k1 ws=w1 u=q* w=2000", "9 org=o key=k2 ws=w2 u=q* w=2000", "19 org=o key=k1 ws=w1 u=q,x,b* r=2000 w=100 => hit none" } },
  { "another time to live", { "0 u=q* w=2000", "9 ttl=1h u=q,x,b* w=2100 => miss ttl" } },
  { "another time to live, and back", { "0 ttl=1h u=q* w=2000", "9 u=q* w=2000", "19 ttl=1h u=q,x,b* r=2000 w=100 => hit none" } },
  { "another time to live, too late", { "0 u=q* w=2000", "900 ttl=1h u=q,x,b* w=2100 => miss expired" } },
  { "another time to live of the messages alone", { "0 s=S*1h u=q* w=2000", "9 s=S*1h u=q,x,b*1h r=1500 w=600 => partial ttl" } },
  /* The line that Claude Code counts its calls with. */
  { "billing line", { "0 s=x-anthropic-billing-header:_cch=1;,S* u=q w=2000", "9 s=x-anthropic-billing-header:_cch=2;,S* u=q r=2000 => hit none" } },
  { "billing line, and expired", { "0 s=x-anthropic-billing-header:_cch=1;,S* u=q w=2000", "400 s=x-anthropic-billing-header:_cch=2;,S* u=q w=2000 => miss expired" } },
  { "billing line, and the prompt behind it", { "0 s=x-anthropic-billing-header:_cch=1;,Sys_a* u=q w=2000", "9 s=x-anthropic-billing-header:_cch=2;,Sys_b* u=q w=2000 => miss system system[1] @4" } },
  { "billing line at the head of the prompt", { "0 s=x-anthropic-billing-header:_cch=1;~S* u=q w=2000", "400 s=x-anthropic-billing-header:_cch=2;~S* u=q w=2000 => miss expired" } },
  { "billing line gone", { "0 s=x-anthropic-billing-header:_cch=1;,S* u=q w=2000", "400 s=S* u=q w=2000 => miss expired" } },
  /* From the request's start. */
  { "a slow call", { "0 u=a* w=2000 head=200", "301 u=a,x,b* w=2100 => miss expired" } },
  { "a slow call, just in time", { "0 u=a* w=2000 head=200", "299 u=a,x,b* r=2000 w=100 => hit none" } },
  /* A conversation's own history comes first. */
  { "sliding window", { "0 u=a,x,b,y,c* w=4000", "9 u=b,y,c,z,d* w=3900 => miss messages messages[0]" } },
  { "sliding window, most of it gone", { "0 s=S* u=a,x,b,y,c* w=4000", "9 s=S* u=c,z,d* r=1500 w=900 => partial messages messages[0]" } },
  { "the same short answer in another conversation", { "0 s=S* u=a,x,yes* w=4000", "9 s=S* u=b* r=1500 w=300", "19 s=S* u=b,z,yes* r=1800 w=100 => hit none" } },
  { "others keep the system prompt, not the conversation", { "0 s=S* u=a,x,b* w=30000", "200 s=S* u=q* r=2900 w=100", "400 s=S* u=a,x,b,y,c* r=2900 w=27200 => partial expired" } },
  { "another branch keeps the conversation", { "0 s=S* u=a,x,b* w=30000", "200 s=S* u=a,x,b,y,c* r=30000 w=100", "400 s=S* u=a,x,b,z,d* w=30100 => miss unexplained" } },
  { "edited, with another agent's call between", { "0 s=S* u=a,x,b* w=30000", "9 s=S* u=q* r=2900 w=100", "19 s=S* u=A,x,b,y,c* r=2900 w=27200 => partial messages messages[0]" } },
  { "edited so that only what it continues tells", { "0 s=S* u=hello_Ann* w=30000", "9 s=S* u=hello_Bob,x,b* r=2900 w=27200 parent=1 => partial messages messages[0] @6" } },
  { "a new conversation of another agent is none that was edited", { "0 s=S* u=hello_Ann* w=30000", "9 s=S* u=hello_Bob,x,b* r=2900 w=27200 => hit none" } },
  { "rewound, and the last message said anew", { "0 s=S* u=a,x,b* w=9000", "9 s=S* u=a,x,B* r=2900 w=90 => hit none" } },
  { "the same within its time, and not read", { "0 u=a* w=2000", "9 u=a,x,b* w=2100 => miss unexplained" } },
};

static const char *
get (char **words, const char *key)
{
  gsize length = strlen (key);

  for (guint i = 0; words[i] != NULL && strcmp (words[i], "=>") != 0; i++)
    if (strncmp (words[i], key, length) == 0 && words[i][length] == '=')
      return words[i] + length + 1;
  return NULL;
}

/* ",\"cache_control\":…" for what a star follows; cuts the star off. */
static char *
take_mark (char *text, const char *ttl)
{
  char *star = strchr (text, '*');
  gboolean hour = star != NULL && (strcmp (star, "*1h") == 0 || g_strcmp0 (ttl, "1h") == 0);

  if (star == NULL)
    return g_strdup ("");
  *star = '\0';
  return g_strdup_printf (",\"cache_control\":{\"type\":\"ephemeral\"%s}", hour ? ",\"ttl\":\"1h\"" : "");
}

/* {"x":0,"y":0} for "xy". */
static void
append_keys (GString *json, const char *keys)
{
  g_string_append_c (json, '{');
  for (guint i = 0; keys[i] != '\0'; i++)
    g_string_append_printf (json, "%s\"%c\":0", i > 0 ? "," : "", keys[i]);
  g_string_append_c (json, '}');
}

static void
append_blocks (GString *json, const char *text, const char *separator, const char *ttl)
{
  g_auto (GStrv) blocks = g_strsplit (text, separator, -1);

  for (guint i = 0; blocks[i] != NULL; i++)
    {
      g_autofree char *mark = take_mark (blocks[i], ttl);

      g_strdelimit (blocks[i], "_", ' ');
      if (i > 0)
        g_string_append_c (json, ',');
      if (blocks[i][0] == '?')
        g_string_append_printf (json, "{\"type\":\"thinking\",\"thinking\":\"%s\",\"signature\":\"s\"}", blocks[i] + 1);
      else if (blocks[i][0] == '!')
        {
          g_string_append (json, "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"a\",\"input\":");
          append_keys (json, blocks[i] + 1);
          g_string_append_printf (json, "%s}", mark);
        }
      else
        {
          g_auto (GStrv) lines = g_strsplit (blocks[i], "~", -1);
          g_autofree char *words = g_strjoinv ("\\n", lines);

          g_string_append_printf (json, "{\"type\":\"text\",\"text\":\"%s\"%s}", words, mark);
        }
    }
}

static char *
make_request (char **words)
{
  GString *json = g_string_new ("{");
  const char *model = get (words, "m"), *ttl = get (words, "ttl");
  g_auto (GStrv) messages = g_strsplit (get (words, "u"), ",", -1);

  g_string_append_printf (json, "\"model\":\"%s\",\"max_tokens\":9", model != NULL ? model : "claude-opus-5");
  if (g_strv_contains ((const char *const *) words, "auto"))
    g_string_append (json, ",\"cache_control\":{\"type\":\"ephemeral\"}");
  if (get (words, "choice") != NULL)
    g_string_append_printf (json, ",\"tool_choice\":{\"type\":\"%s\"}", get (words, "choice"));
  if (get (words, "think") != NULL)
    g_string_append_printf (json, ",\"thinking\":{\"type\":\"%s\"}", get (words, "think"));
  if (get (words, "temp") != NULL)
    g_string_append_printf (json, ",\"temperature\":%s", get (words, "temp"));
  if (get (words, "effort") != NULL)
    g_string_append_printf (json, ",\"output_config\":{\"effort\":\"%s\"}", get (words, "effort"));
  if (get (words, "format") != NULL)
    g_string_append_printf (json, ",\"output_config\":{\"format\":{\"name\":\"%s\"}}", get (words, "format"));
  if (get (words, "speed") != NULL)
    g_string_append_printf (json, ",\"speed\":\"%s\"", get (words, "speed"));
  if (get (words, "mcp") != NULL)
    g_string_append_printf (json, ",\"mcp_servers\":[{\"name\":\"%s\",\"authorization_token\":\"%s\"}]", get (words, "mcp"),
                            get (words, "token"));
  if (get (words, "t") != NULL)
    {
      g_auto (GStrv) tools = g_strsplit (get (words, "t"), ",", -1);

      g_string_append (json, ",\"tools\":[");
      for (guint i = 0; tools[i] != NULL; i++)
        {
          g_autofree char *mark = take_mark (tools[i], ttl);

          char *keys = strchr (tools[i], ':');

          if (keys != NULL)
            *keys++ = '\0';
          g_string_append_printf (json, "%s{\"name\":\"%s\",\"input_schema\":", i > 0 ? "," : "", tools[i]);
          append_keys (json, keys != NULL ? keys : "");
          g_string_append_printf (json, "%s}", mark);
        }
      g_string_append_c (json, ']');
    }
  if (get (words, "s") != NULL)
    {
      g_string_append (json, ",\"system\":[");
      append_blocks (json, get (words, "s"), ",", ttl);
      g_string_append_c (json, ']');
    }
  g_string_append (json, ",\"messages\":[");
  for (guint i = 0; messages[i] != NULL; i++)
    {
      g_string_append_printf (json, "%s{\"role\":\"%s\",\"content\":[", i > 0 ? "," : "", i % 2 ? "assistant" : "user");
      append_blocks (json, messages[i], "|", ttl);
      g_string_append (json, "]}");
    }
  g_string_append (json, "]}");
  return g_string_free (json, FALSE);
}

static char *
make_answer (char **words)
{
  const char *read = get (words, "r"), *written = get (words, "w"), *says = get (words, "says");
  g_autofree char *reason = says != NULL ? g_strdup_printf (",\"diagnostics\":{\"cache_miss_reason\":{\"type\":\"%s\"}}", says)
                                         : g_strdup ("");

  return g_strdup_printf ("{\"type\":\"message\",\"role\":\"assistant\",\"id\":\"msg_1\",\"content\":[],\"stop_reason\":"
                          "\"end_turn\"%s,\"usage\":{\"input_tokens\":5,\"output_tokens\":1,\"cache_read_input_tokens\":%s,"
                          "\"cache_creation_input_tokens\":%s}}",
                          reason, read != NULL ? read : "0", written != NULL ? written : "0");
}

static OhExchange *
make_exchange (char **words, gint64 id)
{
  OhExchange *exchange = oh_exchange_new ();
  const char *key = get (words, "key"), *org = get (words, "org"), *head = get (words, "head");
  g_autofree char *marker = g_strdup_printf ("<redacted …wxyz %016x>", g_str_hash (key != NULL ? key : "key"));

  exchange->id = id;
  exchange->started_ns = G_GINT64_CONSTANT (1795291200) * OH_NS_PER_S + atoi (words[0]) * OH_NS_PER_S;
  exchange->timings.response_head = (head != NULL ? atoi (head) : 0) * OH_NS_PER_S;
  exchange->request_headers = oh_headers_new ();
  oh_headers_append (exchange->request_headers, "x-api-key", marker);
  exchange->response_headers = oh_headers_new ();
  if (org != NULL)
    oh_headers_append (exchange->response_headers, "anthropic-organization-id", org);
  if (get (words, "ws") != NULL)
    oh_headers_append (exchange->response_headers, "anthropic-workspace-id", get (words, "ws"));
  return exchange;
}

static char *
describe (const OhCacheVerdict *verdict, gint64 character, gboolean with_character)
{
  static const char *const kinds[] = { "tools", "system", "messages" };
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s %s", oh_cache_state_to_string (verdict->state),
                          oh_cache_reason_to_string (verdict->reason));
  if (verdict->has_place)
    g_string_append_printf (text, " %s[%u]", kinds[verdict->place.kind], verdict->place.index);
  if (verdict->has_place && verdict->place.block > 0)
    g_string_append_printf (text, ".%u", verdict->place.block);
  if (with_character)
    g_string_append_printf (text, " @%d", (int) character);
  if (verdict->reported)
    g_string_append (text, " reported");
  return g_string_free (text, FALSE);
}

static gboolean
run (const Sequence *sequence)
{
  g_autoptr (OhCacheTracker) tracker = oh_cache_tracker_new ();
  g_autoptr (GPtrArray) readings = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_reading_unref);

  for (guint i = 0; i < G_N_ELEMENTS (sequence->lines) && sequence->lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (sequence->lines[i], " ", -1);
      g_autofree char *request = make_request (words);
      g_autofree char *answer = make_answer (words);
      g_autoptr (OhExchange) exchange = make_exchange (words, i + 1);
      const char *label = strstr (sequence->lines[i], "=> ");
      OhReading *reading = read_exchange (request, answer);
      OhCacheVerdict verdict;

      g_ptr_array_add (readings, reading);
      oh_cache_tracker_add (tracker, exchange, reading, get (words, "parent") != NULL ? atoi (get (words, "parent")) : 0, &verdict);
      if (label != NULL)
        {
          const OhReading *before = verdict.against > 0 ? g_ptr_array_index (readings, verdict.against - 1) : NULL;
          gint64 character =
            verdict.has_place && before != NULL ? oh_cache_find_character (before, reading, &verdict.place) : -1;
          g_autofree char *found = describe (&verdict, character, strchr (label, '@') != NULL);
          g_autofree char *saying = oh_cache_describe (&verdict, before, reading);
          g_autofree char *said = oh_saying_tell (saying);

          g_assert_true (said == NULL || (g_str_has_suffix (said, ".") && strpbrk (said, "{}\x1f\x1e") == NULL));
          g_assert_cmpint (said == NULL, ==, verdict.reason == OH_CACHE_REASON_NONE && verdict.state != OH_CACHE_HIT);
          if (strcmp (found, label + 3) == 0)
            return TRUE;
          g_test_message ("%s: labelled “%s”, found “%s”", sequence->name, label + 3, found);
          return FALSE;
        }
    }
  g_assert_not_reached ();
}

static void
test_corpus (void)
{
  guint right = 0;

  G_STATIC_ASSERT (G_N_ELEMENTS (sequences) >= 40);
  for (guint i = 0; i < G_N_ELEMENTS (sequences); i++)
    right += run (&sequences[i]);
  g_test_message ("%u of %u right", right, (guint) G_N_ELEMENTS (sequences));
  /* The aim is 95 of 100; since all are right today, one that is not is a step back. */
  g_assert_cmpuint (right * 100, >=, 99 * G_N_ELEMENTS (sequences));
}

static void
test_breakpoints (void)
{
  g_autoptr (OhReading) reading = read_exchange (
    "{\"model\":\"m\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"},\"tools\":[{\"name\":\"a\"},{\"name\":\"b\","
    "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}],\"system\":[{\"type\":\"text\",\"text\":\"s\","
    "\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
    "\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"5m\"}}]},"
    "{\"type\":\"text\",\"text\":\"y\"}]}]}",
    NULL);
  g_autoptr (GArray) found = oh_cache_find_breakpoints (reading);
  static const OhCacheBreakpoint expected[] = {
    { { OH_CACHE_PART_TOOLS, 1, 0 }, 3600 * OH_NS_PER_S },
    { { OH_CACHE_PART_SYSTEM, 0, 0 }, 300 * OH_NS_PER_S },
    { { OH_CACHE_PART_MESSAGES, 0, 0 }, 300 * OH_NS_PER_S },
    { { OH_CACHE_PART_MESSAGES, 0, 1 }, 3600 * OH_NS_PER_S },
  };

  g_assert_cmpuint (found->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < found->len; i++)
    {
      const OhCacheBreakpoint *one = &g_array_index (found, OhCacheBreakpoint, i);

      g_assert_cmpint (one->place.kind, ==, expected[i].place.kind);
      g_assert_cmpuint (one->place.index, ==, expected[i].place.index);
      g_assert_cmpuint (one->place.block, ==, expected[i].place.block);
      g_assert_cmpint (one->ttl_ns, ==, expected[i].ttl_ns);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cache/corpus", test_corpus);
  g_test_add_func ("/cache/breakpoints", test_breakpoints);
  return g_test_run ();
}
