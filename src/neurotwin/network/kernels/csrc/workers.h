// Divides work into numbered parts and runs them on XLA's own threads, so that no second pool competes with it.
#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "xla/ffi/api/ffi.h"

// One function compiled for several processors, chosen when the library is loaded: needs ifuncs, which only glibc has. Compilers
// that do not know these names get NEUROTWIN_NO_CLONES from the build.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(NEUROTWIN_NO_CLONES)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

namespace neurotwin {

// Runs body(part) for parts 0 … n-1. The caller works too and waits only for parts that somebody has begun, so that a busy pool
// cannot block it. Which thread runs a part does not matter: a part writes what no other part writes.
inline void run_parts(xla::ffi::ThreadPool& pool, int64_t n, const std::function<void(int64_t)>& body) {
  if (n <= 1) {
    if (n == 1) body(0);
    return;
  }
  struct State {
    std::atomic<int64_t> next{0}, done{0};
    std::mutex mutex;
    std::condition_variable all_done;
    const std::function<void(int64_t)>* body;
    int64_t n;
    void work() {
      for (int64_t part = next.fetch_add(1); part < n; part = next.fetch_add(1)) {
        (*body)(part);
        if (done.fetch_add(1) + 1 == n) {
          std::lock_guard<std::mutex> lock(mutex);
          all_done.notify_all();
        }
      }
    }
  };
  auto state = std::make_shared<State>();
  state->body = &body;
  state->n = n;
  const int64_t helpers = std::min<int64_t>(n, pool.num_threads()) - 1;
  for (int64_t i = 0; i < helpers; ++i) pool.Schedule([state] { state->work(); });
  state->work();
  std::unique_lock<std::mutex> lock(state->mutex);
  state->all_done.wait(lock, [&] { return state->done.load() == n; });
}

}  // namespace neurotwin
