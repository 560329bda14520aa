/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the helper overhear-ns and whoever starts it say to each other over a socket of kind SOCK_SEQPACKET:
 *
 *   helper: OH_NS_READY with the files of OhNsFile, then OH_NS_SPARE with sockets, or OH_NS_FAILED
 *   other:  a byte, once it serves the files
 *   helper: the end of the socket as the program begins, or OH_NS_NOT_RUN
 *
 * It makes a network namespace of its own, in which everything but loopback leads into a TUN device, and becomes the
 * program that it was given. It needs no root: without it, it makes a user namespace too, in which the user stays
 * themselves. */
#pragma once

/* overhear-ns FD PROGRAM ARGV… : PROGRAM is the file, ARGV begins with what it is called. */

typedef enum
{
  OH_NS_READY,
  OH_NS_SPARE,
  OH_NS_FAILED,
  OH_NS_NOT_RUN, /* the program could not be executed */
} OhNsKind;

/* What was being done as it failed. */
typedef enum
{
  OH_NS_STEP_NONE,
  OH_NS_STEP_NAMESPACE, /* making the namespaces */
  OH_NS_STEP_IDS,       /* staying oneself in them */
  OH_NS_STEP_DEVICE,    /* /dev/net/tun */
  OH_NS_STEP_NETWORK,   /* addresses and routes */
  OH_NS_STEP_SOCKETS,
  OH_NS_STEP_PROBE,     /* what is sent does not come to the device */
} OhNsStep;

typedef struct
{
  OhNsKind kind;
  OhNsStep step;
  int error;       /* errno */
  unsigned port4;  /* where the listeners of OhNsFile listen */
  unsigned port6;  /* 0: there is no IPv6 */
} OhNsNews;

/* The files that come with OH_NS_READY, in this order. */
typedef enum
{
  OH_NS_FILE_DEVICE,  /* all packets but those to loopback */
  OH_NS_FILE_DIAG,    /* sock_diag(7) */
  OH_NS_FILE_DNS_UDP, /* [::]:53, also for IPv4: for nameservers on loopback */
  OH_NS_FILE_DNS_TCP,
  OH_NS_FILE_LISTEN4, /* OH_NS_OWN4:port4 */
  OH_NS_FILE_LISTEN6, /* OH_NS_OWN6:port6; missing where there is no IPv6 */
  OH_NS_FILES,
} OhNsFile;

/* Sockets that are bound to nothing yet, so that services of this computer's loopback can be offered inside: as many of
 * IPv4, and then, where it is there, of IPv6. More are made of these two. */
#define OH_NS_SPARES 2

/* RFC 2544's range for benchmarks, which no host on the Internet has; and a unique local prefix (RFC 4193). */
#define OH_NS_OWN4 "198.18.0.1"
#define OH_NS_PEER4 "198.18.0.2"
#define OH_NS_PROBE4 "198.18.0.3"
#define OH_NS_OWN6 "fd6f:7665:7268::1"
#define OH_NS_PEER6 "fd6f:7665:7268::2"
/* Names begin behind these. */
#define OH_NS_NAMES4 "198.18.1.0"
#define OH_NS_NAMES4_END "198.20.0.0"
#define OH_NS_NAMES6 "fd6f:7665:7268:1::"

/* What was made, for whoever serves it and owns it then. -1: not there. */
typedef struct
{
  int files[OH_NS_FILES];
  int spares4[OH_NS_SPARES];
  int spares6[OH_NS_SPARES];
  unsigned port4;
  unsigned port6;
} OhNsNetwork;
