/* export.h - what marks a public function, for C and C++. */
#ifndef SECHO_EXPORT_H
#define SECHO_EXPORT_H

#define SECHO_API __attribute__((visibility("default")))

#ifdef __cplusplus
#define SECHO_BEGIN_DECLS extern "C" {
#define SECHO_END_DECLS   }
#else
#define SECHO_BEGIN_DECLS
#define SECHO_END_DECLS
#endif

#endif
