// What libsonda.so shows to programs that link it; everything else is hidden.
#pragma once

#define SONDA_EXPORT __attribute__((visibility("default")))
