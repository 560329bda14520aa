/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"
#include "oh-paths.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing of it waits for anybody else. */
#define PATIENCE_S 20
#define APPARMOR "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"

char *
oh_isolate_find_helper (void)
{
  return oh_paths_find_helper ("ns", "overhear-ns");
}

gboolean
oh_isolate_needs_other_user (const char *program)
{
  struct stat info;

  return geteuid () != 0 && stat (program, &info) == 0 && S_ISREG (info.st_mode) && (info.st_mode & S_ISUID) != 0
         && info.st_uid != geteuid ();
}

gboolean
oh_isolate_open (int ends[2], GError **error)
{
  const struct timeval patience = { .tv_sec = PATIENCE_S };

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    {
      g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_FAILED, "%s", g_strerror (errno));
      return FALSE;
    }
  setsockopt (ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return TRUE;
}

static gboolean
reads (const char *path, char value)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && *text == value;
}

/* What a person can do about it. */
static const char *
find_remedy (OhNsStep step, int problem)
{
  if ((step == OH_NS_STEP_NAMESPACE || step == OH_NS_STEP_IDS) && reads ("/proc/sys/kernel/unprivileged_userns_clone", '0'))
    return _ ("This computer does not allow user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1");
  if (step == OH_NS_STEP_NAMESPACE && (problem == ENOSPC || reads ("/proc/sys/user/max_user_namespaces", '0')))
    return _ ("This computer allows no more user namespaces: sudo sysctl user.max_user_namespaces=10000");
  if (step != OH_NS_STEP_PROBE && (problem == EPERM || problem == EACCES) && reads (APPARMOR, '1'))
    return _ ("AppArmor refuses it to programs without a profile. Overhear brings one: sudo apparmor_parser -r "
              "/etc/apparmor.d/overhear-ns");
  if (step == OH_NS_STEP_DEVICE && (problem == ENOENT || problem == ENODEV || problem == ENXIO))
    return _ ("There is no /dev/net/tun: sudo modprobe tun. A container needs --device /dev/net/tun.");
  if (step == OH_NS_STEP_NAMESPACE || step == OH_NS_STEP_DEVICE)
    return _ ("In a container, whoever starts it has to allow namespaces and /dev/net/tun.");
  return _ ("“overhear doctor” looks further.");
}

static void
set_refused (GError **error, OhNsStep step, int problem)
{
  static const char *const steps[] = {
    [OH_NS_STEP_NONE] = N_ ("starting its helper"),
    [OH_NS_STEP_NAMESPACE] = N_ ("a namespace"),
    [OH_NS_STEP_IDS] = N_ ("a user namespace"),
    [OH_NS_STEP_DEVICE] = N_ ("/dev/net/tun"),
    [OH_NS_STEP_NETWORK] = N_ ("addresses and routes"),
    [OH_NS_STEP_SOCKETS] = N_ ("sockets"),
    [OH_NS_STEP_PROBE] = N_ ("a trial"),
  };

  g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_ISOLATION,
               _ ("Programs cannot be isolated here (%s: %s). %s"), _ (steps[step]), g_strerror (problem),
               find_remedy (step, problem));
}

/* Returns: how many @files came; -1: nothing did, with errno. */
static int
hear (int wire, OhNsNews *news, int *files, guint most)
{
  union
  {
    struct cmsghdr head;
    char bytes[CMSG_SPACE (sizeof (int) * (OH_NS_FILES + OH_NS_SPARES))];
  } room;
  struct iovec part = { news, sizeof *news };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room };
  const struct cmsghdr *head;
  ssize_t n;
  guint count = 0;

  while ((n = recvmsg (wire, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
    ;
  if (n != sizeof *news)
    {
      errno = n >= 0 ? EPIPE : errno;
      return -1;
    }
  head = CMSG_FIRSTHDR (&message);
  if (head != NULL && head->cmsg_type == SCM_RIGHTS)
    {
      count = (guint) ((head->cmsg_len - CMSG_LEN (0)) / sizeof (int));
      for (guint i = 0; i < count; i++)
        {
          int fd;

          memcpy (&fd, CMSG_DATA (head) + i * sizeof fd, sizeof fd);
          if (i < most)
            files[i] = fd;
          else
            close (fd);
        }
    }
  return (int) MIN (count, most);
}

static void
close_files (int *files, guint n)
{
  for (guint i = 0; i < n; i++)
    if (files[i] >= 0)
      close (files[i]);
}

static void
close_network (OhNsNetwork *network)
{
  close_files (network->files, OH_NS_FILES);
  close_files (network->spares4, OH_NS_SPARES);
  close_files (network->spares6, OH_NS_SPARES);
}

/* @network: (out): what came of it; its files are the caller's in any case */
static gboolean
receive_network (int wire, OhNsNetwork *network, GError **error)
{
  OhNsNews news = { .kind = OH_NS_FAILED };
  int n;

  memset (network, 0xff, sizeof *network);
  n = hear (wire, &news, network->files, OH_NS_FILES);
  if (n < 0 || news.kind != OH_NS_READY || news.step > OH_NS_STEP_PROBE)
    {
      set_refused (error, n < 0 ? OH_NS_STEP_NONE : MIN (news.step, OH_NS_STEP_PROBE), n < 0 ? errno : news.error);
      return FALSE;
    }
  network->port4 = news.port4;
  network->port6 = news.port6;
  if (n != (news.port6 != 0 ? OH_NS_FILES : OH_NS_FILES - 1)
      || hear (wire, &news, network->spares4, OH_NS_SPARES) != OH_NS_SPARES
      || (network->port6 != 0 && hear (wire, &news, network->spares6, OH_NS_SPARES) != OH_NS_SPARES))
    {
      set_refused (error, OH_NS_STEP_SOCKETS, EMFILE);
      return FALSE;
    }
  return TRUE;
}

static void
set_not_run (GError **error, const char *program, int problem)
{
  OhLaunchError code = OH_LAUNCH_ERROR_NOT_EXECUTABLE;

  if (problem == ENOENT || problem == ENOTDIR)
    code = OH_LAUNCH_ERROR_NOT_FOUND;
  g_set_error (error, OH_LAUNCH_ERROR, code, _ ("“%s” could not be started: %s"), program, g_strerror (problem));
}

gboolean
oh_isolate_follow (int wire, const OhLaunchSpec *spec, const char *program, GError **error)
{
  OhNsNetwork network;
  OhNsNews news;
  const char go = 0;

  if (!receive_network (wire, &network, error))
    {
      close_network (&network);
      return FALSE;
    }
  spec->serve (&network, spec->serve_data);
  if (send (wire, &go, 1, MSG_NOSIGNAL) != 1)
    {
      set_refused (error, OH_NS_STEP_NONE, errno);
      return FALSE;
    }
  /* The program closes its end as it begins. */
  if (hear (wire, &news, NULL, 0) < 0)
    return TRUE;
  set_not_run (error, program, news.error);
  return FALSE;
}

gboolean
oh_launch_can_isolate (GError **error)
{
  g_autofree char *helper = oh_isolate_find_helper ();
  g_autoptr (GError) local = NULL;
  OhNsNetwork network;
  int ends[2];
  char number[16];
  const char *argv[] = { helper, number, "/bin/true", "true", NULL };
  gboolean fine;
  GPid pid;

  if (!oh_isolate_open (ends, error))
    return FALSE;
  g_snprintf (number, sizeof number, "%d", ends[1]);
  fine = g_spawn_async_with_pipes_and_fds (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1, -1, -1, &ends[1],
                                           &ends[1], 1, &pid, NULL, NULL, NULL, &local);
  close (ends[1]);
  if (fine)
    {
      fine = receive_network (ends[0], &network, error);
      close_network (&network);
    }
  else
    g_set_error (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_ISOLATION, "%s", local->message);
  /* It goes no further. */
  close (ends[0]);
  if (local == NULL)
    while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
      ;
  return fine;
}
