/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says what will be captured of a command on this machine, and what stands in the way, before it runs. Each line is of
 * something that was looked at; what cannot be known is said to be so. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OH_GRADE_GOOD,
  OH_GRADE_NOTE,    /* worth knowing; nothing is lost */
  OH_GRADE_UNKNOWN, /* something may not be captured: it cannot be told before */
  OH_GRADE_BAD,     /* something will not be captured */
} OhGrade;

/* One thing that was found. */
typedef struct _OhDiagnosis OhDiagnosis;

typedef struct
{
  const char *data_dir;           /* (nullable): NULL for oh_paths_get_data_dir() */
  const char *const *argv;        /* (nullable): NULL: only this machine */
  const char *cwd;                /* (nullable): ours */
  const char *const *environment; /* (nullable): "NAME=value" on top of ours */
  const char *const *reads;       /* (nullable): as of OhRunSpec */
  guint16 port;                   /* 0: any */
  gboolean insist;
  gboolean command_only;          /* the machine is not looked at */
} OhDoctorSpec;

/* Looks. Blocks for some 100 ms, for seconds where what it asks is slow; from any thread with a main context of its own.
 * Starts interpreters to ask for their version, for 3 s at most, and nothing else. Returns: by the way of a run: first the
 * machine, then the command. (transfer full) (element-type OhDiagnosis) */
GPtrArray *oh_doctor_examine (const OhDoctorSpec *spec);
/* The worst of them. @diagnoses: (element-type OhDiagnosis) */
OhGrade oh_doctor_get_worst (GPtrArray *diagnoses);

/* A stable name: "no-proxy". */
const char *oh_diagnosis_get_code (const OhDiagnosis *self);
OhGrade oh_diagnosis_get_grade (const OhDiagnosis *self);
/* "good", "note", "unknown", "bad" */
const char *oh_grade_to_string (OhGrade grade);
/* What was found, for people; without secrets. (transfer full) */
char *oh_diagnosis_dup_sentence (const OhDiagnosis *self);
/* A command to type, or NULL where there is none. Secrets in it are replaced. (transfer none) */
const char *oh_diagnosis_get_remedy (const OhDiagnosis *self);

G_END_DECLS
