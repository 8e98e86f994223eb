/* The floor of the payments job: filter, map, filter, count by account and window of ten seconds, in C over the same JSON. One pass over
   each value, no tree, no copies but the output. Reads records from a file: timestamp (8 bytes), length of key and of value (4 bytes each),
   key, value, all little-endian. Prints the CPU nanoseconds a record of the best of some rounds, and how many records were counted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WINDOW_MS 10000
#define GRACE_MS 1000
#define SLOTS (1u << 22)
#define ROUNDS 5

typedef struct { uint64_t hash; int64_t start; int64_t timestamp; int64_t count; const uint8_t *key; uint32_t key_length; } Entry;

static const uint8_t *skip_string(const uint8_t *at) {
  for (at++; *at != '"'; at++) if (*at == '\\') at++;
  return at + 1;
}

static const uint8_t *skip_value(const uint8_t *at) {
  if (*at == '"') return skip_string(at);
  int depth = 0;
  for (;; at++) {
    if (*at == '"') { at = skip_string(at) - 1; continue; }
    if (*at == '{' || *at == '[') depth++;
    else if (*at == '}' || *at == ']') { if (depth == 0) return at; if (--depth == 0) return at + 1; }
    else if (*at == ',' && depth == 0) return at;
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return 2;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(size + 16);
  if (fread(bytes, 1, size, file) != (size_t)size) return 2;
  fclose(file);
  Entry *entries = malloc(sizeof(Entry) * SLOTS);
  uint8_t *output = malloc(size * 2);
  double best = 1e18;
  long counted = 0;
  for (int round = 0; round < ROUNDS; round++) {
    memset(entries, 0, sizeof(Entry) * SLOTS);
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    long records = 0;
    counted = 0;
    int64_t stream_time = 0;
    size_t written = 0;
    for (const uint8_t *at = bytes; at < bytes + size; records++) {
      int64_t timestamp; uint32_t key_length, value_length;
      memcpy(&timestamp, at, 8); memcpy(&key_length, at + 8, 4); memcpy(&value_length, at + 12, 4);
      const uint8_t *key = at + 16, *value = key + key_length;
      at = value + value_length;
      int64_t amount = 0; const uint8_t *country = 0;
      for (const uint8_t *p = value + 1; *p != '}';) {
        if (*p == ',') p++;
        const uint8_t *name = p + 1;
        p = skip_string(p) + 1;
        if (memcmp(name, "amount\"", 7) == 0) amount = strtol((const char *)p, 0, 10);
        else if (memcmp(name, "country\"", 8) == 0) country = p + 1;
        p = skip_value(p);
      }
      if (amount <= 10000) continue;
      if (country && country[0] == 'U' && country[1] == 'S') continue;
      if (timestamp > stream_time) stream_time = timestamp;
      int64_t start = timestamp - timestamp % WINDOW_MS;
      if (start + WINDOW_MS <= stream_time - GRACE_MS) continue;
      uint64_t hash = 1469598103934665603ull ^ (uint64_t)start;
      for (uint32_t i = 0; i < key_length; i++) hash = (hash ^ key[i]) * 1099511628211ull;
      hash ^= hash >> 29; if (hash == 0) hash = 1;
      uint32_t slot = hash & (SLOTS - 1);
      while (entries[slot].hash != 0 && (entries[slot].hash != hash || entries[slot].start != start)) slot = (slot + 1) & (SLOTS - 1);
      Entry *entry = &entries[slot];
      if (entry->hash == 0) { entry->hash = hash; entry->start = start; entry->key = key; entry->key_length = key_length; }
      entry->count++;
      if (timestamp > entry->timestamp) entry->timestamp = timestamp;
      uint8_t *out = output + written;
      memcpy(out, &entry->timestamp, 8);
      out += 8 + sprintf((char *)out + 8, "{\"end\":%lld,\"key\":\"", (long long)(start + WINDOW_MS));
      memcpy(out, key, key_length);
      out += key_length;
      out += sprintf((char *)out, "\",\"start\":%lld}{\"payments\":%lld}", (long long)start, (long long)entry->count);
      written = out - output;
      if (written > (size_t)size) written = 0;
      counted++;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns = ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / records;
    if (ns < best) best = ns;
  }
  printf("%.1f %ld\n", best, counted);
  return 0;
}
