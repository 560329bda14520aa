/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What test-playbook.c, its clients and its servers share. */
#pragma once
#include "oh-gate-private.h"
#include "oh-http-body-private.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define READ_HOST "read.example"
#define CALLS_MAX 8
#define CLIENTS_MAX 3
#define LINES_MAX 64

typedef enum
{
  KIND_PLAIN,
  KIND_BLIND,   /* CONNECT to a host that is not read */
  KIND_UPGRADE, /* 101 */
} Kind;

/* How a client says what it wants. */
typedef enum
{
  WAY_ABSOLUTE, /* a URL, and a token */
  WAY_UNNAMED,  /* a URL; whose client it is must be found out */
  WAY_VIA,      /* a path with a token */
  WAY_TUNNEL,   /* a path, in plain HTTP within CONNECT */
} Way;

typedef struct
{
  guint id;
  const char *method;
  guint minor;            /* of HTTP/1.x, the client's */
  OhFraming asked;
  gsize request_size;
  gboolean expects;
  guint status;
  OhFraming answered;
  gsize answer_size;
  gboolean interim;
  gboolean eager;         /* the server does not wait for the end of the request */
  gboolean closes;        /* the server's connection ends behind the answer */
  OhVerdict verdict;      /* the guard's first */
  gboolean refused;       /* by the guard, now or in the end: nothing of it comes to a server */
  guint64 ticket;         /* it waits for the guard */

  guint heads;            /* of its, that have come to servers */
  gsize request_seen;
  gboolean request_whole; /* at the server */
  guint answers;
  gsize answer_seen;
  gboolean answer_whole;  /* at the client */
  gboolean spoiled;       /* somebody did what nobody should */

  guint64 key;            /* of its exchange */
  guint begins;
  gsize request_kept;
  gsize answer_kept;
  gboolean head_kept;
  OhOutcome outcome;
  gboolean ended;
  gboolean committed;
  gint64 ended_at;
} Call;

typedef struct
{
  int fd;                 /* -1: not there */
  gboolean came;
  Way way;
  gboolean connecting;    /* CONNECT has been composed */
  gboolean granted;       /* and answered */
  guint calls[CALLS_MAX];
  guint n_calls;
  guint asking;           /* which of its calls it sends */
  guint reading;          /* and which answer it reads */
  gboolean pipelines;
  GByteArray *out;
  gsize out_offset;
  gsize stop;             /* waits here for 100 Continue; 0: for nothing */
  gboolean half_closed;
  GByteArray *in;
  gboolean have_head;
  gboolean keep;          /* says the answer */
  gboolean ended;         /* the proxy sends no more */
  OhHttpBody body;
} Client;

/* A server's end of a connection. */
typedef struct
{
  int fd;
  GByteArray *in;
  Call *call;             /* being read or answered */
  Call *before;           /* the one that was answered last */
  gboolean have_head;
  OhHttpBody body;
  GByteArray *out;
  gsize out_offset;
  gboolean answering;
  gboolean half_closed;
  gboolean ended;         /* the other side sends no more */
  gboolean served;        /* a call before this one */
  gboolean deaf;          /* it has ended its side, and what may still come is nobody's */
  gboolean switched;      /* to bytes without HTTP: what waited for that has been added */
} Line;

typedef struct
{
  guint seed;
  GRand *rand;
  gboolean told;          /* step by step */
  Kind kind;
  OhCore core;
  int door;               /* clients come in here */
  int listener;           /* of the servers */
  guint16 port;
  Call calls[CALLS_MAX];
  guint n_calls;
  Client clients[CLIENTS_MAX];
  guint n_clients;
  Line lines[LINES_MAX];
  guint n_lines;
  gint named;             /* atomic: whose a client is may be told */
  gboolean stingy;        /* libsoup takes some connections only */
  GPtrArray *uncommitted; /* OhCapture */
  gboolean progress;
} Play;

extern Play play;

guint draw (guint limit);
gboolean chance (guint percent);
/* Of every order of magnitude alike, up to 2^@bits. */
gsize draw_size (guint bits);
void tell (const char *format, ...) G_GNUC_PRINTF (1, 2);
void fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

/* Bodies are pieces of endless streams, each of other bytes. */
guint request_stream (const Call *call);
guint answer_stream (const Call *call);
void append_stream (GByteArray *out, guint stream, gsize from, gsize size);
void check_stream (const char *who, const Call *call, guint stream, gsize from, const guint8 *data, gsize size,
                   gsize limit);
void append_text (GByteArray *out, const char *text);
void append_framing (GByteArray *out, OhFraming framing, gsize size);
void append_body (GByteArray *out, OhFraming framing, guint stream, gsize size);

Call *find_call (const char *target);
void spoil (Call *call);

int listen_somewhere (guint16 *port);
void tune (int fd);
void reset (int fd);
/* Returns: how much was sent, -1 if nothing can be any more. */
gssize send_some (int fd, const GByteArray *bytes, gsize *offset, gsize limit);
/* Returns: as read(2), -2 if there is nothing now. */
gssize receive (int fd, guint8 *buffer, gsize size);

/* All of these do nothing where there is nothing to do. */
void server_accept (void);
void server_read (Line *line, gsize limit);
void server_write (Line *line, gsize limit);
void server_continue (Line *line);
void server_breaks (Line *line);
void close_line (Line *line, gboolean by_reset);

void client_comes (Client *client);
void client_write (Client *client, gsize limit);
void client_read (Client *client, gsize limit);
/* It sends no more, but waits for its answer. */
void client_half_closes (Client *client);
/* What it still wanted it does not want any more. */
void client_leaves (Client *client, gboolean by_reset);
void leave_client (Client *client, gboolean by_reset);
