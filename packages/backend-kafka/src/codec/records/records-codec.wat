;; Kafka's records and the engine's (see its record-batch.ts), each way, and the checksum over a batch. What stands between records-codec.ts and
;; the bytes: it lays everything out in the memory, and says where. Copies and reads may go up to 15 bytes too far, so 16 bytes that nobody
;; needs follow each part.
(module
  ;; The first 16 KiB are the tables of the checksum: table n has, for each byte, its checksum when n bytes follow, as i32.
  (memory (export "memory") 16)

  ;; Where numbers are read, and what they may not pass.
  (global $at (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  (global $isBad (mut i32) (i32.const 0))

  ;; What `walk` found: bytes of keys, of values, of headers in the engine's form; whether offsets have gaps, whether there are headers.
  (global $keysLength (export "keysLength") (mut i32) (i32.const 0))
  (global $valuesLength (export "valuesLength") (mut i32) (i32.const 0))
  (global $headersLength (export "headersLength") (mut i32) (i32.const 0))
  (global $isSparse (export "isSparse") (mut i32) (i32.const 0))
  (global $hasHeaders (export "hasHeaders") (mut i32) (i32.const 0))

  ;; Where `encode` is: in keys, values and headers (0 without any) of the engine's batch, and behind the last record written.
  (global $keyAt (export "keyAt") (mut i32) (i32.const 0))
  (global $valueAt (export "valueAt") (mut i32) (i32.const 0))
  (global $headerAt (export "headerAt") (mut i32) (i32.const 0))
  (global $out (export "out") (mut i32) (i32.const 0))
  ;; Of the batch being written: its records so far, the timestamp of its first, and its greatest.
  (global $written (export "written") (mut i32) (i32.const 0))
  (global $base (export "base") (mut f64) (f64.const 0))
  (global $greatest (export "greatest") (mut f64) (f64.const 0))

  ;; CRC-32C of [at, end), going on from `crc`; begins with -1, and the end is turned over. Slicing by 16.
  (func (export "crc32c") (param $crc i32) (param $at i32) (param $end i32) (result i32)
    (local $last i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local.set $last (i32.sub (local.get $end) (i32.const 16)))
    (block $short
      (loop $long
        (br_if $short (i32.gt_s (local.get $at) (local.get $last)))
        (local.set $a (i32.xor (local.get $crc) (i32.load align=1 (local.get $at))))
        (local.set $b (i32.load offset=4 align=1 (local.get $at)))
        (local.set $c (i32.load offset=8 align=1 (local.get $at)))
        (local.set $d (i32.load offset=12 align=1 (local.get $at)))
        (local.set $crc
          (i32.xor
            (i32.xor
              (i32.xor
                (i32.xor
                  (i32.load offset=15360 (i32.shl (i32.and (local.get $a) (i32.const 0xff)) (i32.const 2)))
                  (i32.load offset=14336 (i32.and (i32.shr_u (local.get $a) (i32.const 6)) (i32.const 0x3fc))))
                (i32.xor
                  (i32.load offset=13312 (i32.and (i32.shr_u (local.get $a) (i32.const 14)) (i32.const 0x3fc)))
                  (i32.load offset=12288 (i32.and (i32.shr_u (local.get $a) (i32.const 22)) (i32.const 0x3fc)))))
              (i32.xor
                (i32.xor
                  (i32.load offset=11264 (i32.shl (i32.and (local.get $b) (i32.const 0xff)) (i32.const 2)))
                  (i32.load offset=10240 (i32.and (i32.shr_u (local.get $b) (i32.const 6)) (i32.const 0x3fc))))
                (i32.xor
                  (i32.load offset=9216 (i32.and (i32.shr_u (local.get $b) (i32.const 14)) (i32.const 0x3fc)))
                  (i32.load offset=8192 (i32.and (i32.shr_u (local.get $b) (i32.const 22)) (i32.const 0x3fc))))))
            (i32.xor
              (i32.xor
                (i32.xor
                  (i32.load offset=7168 (i32.shl (i32.and (local.get $c) (i32.const 0xff)) (i32.const 2)))
                  (i32.load offset=6144 (i32.and (i32.shr_u (local.get $c) (i32.const 6)) (i32.const 0x3fc))))
                (i32.xor
                  (i32.load offset=5120 (i32.and (i32.shr_u (local.get $c) (i32.const 14)) (i32.const 0x3fc)))
                  (i32.load offset=4096 (i32.and (i32.shr_u (local.get $c) (i32.const 22)) (i32.const 0x3fc)))))
              (i32.xor
                (i32.xor
                  (i32.load offset=3072 (i32.shl (i32.and (local.get $d) (i32.const 0xff)) (i32.const 2)))
                  (i32.load offset=2048 (i32.and (i32.shr_u (local.get $d) (i32.const 6)) (i32.const 0x3fc))))
                (i32.xor
                  (i32.load offset=1024 (i32.and (i32.shr_u (local.get $d) (i32.const 14)) (i32.const 0x3fc)))
                  (i32.load (i32.and (i32.shr_u (local.get $d) (i32.const 22)) (i32.const 0x3fc))))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $long)))
    (block $done
      (loop $bytes
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $crc
          (i32.xor
            (i32.load
              (i32.shl
                (i32.and (i32.xor (local.get $crc) (i32.load8_u (local.get $at))) (i32.const 0xff))
                (i32.const 2)))
            (i32.shr_u (local.get $crc) (i32.const 8))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.get $crc))

  ;; Sixteen bytes at a time, so up to 15 too many.
  (func $copy (param $from i32) (param $to i32) (param $length i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $from) (local.get $length)))
    (block $done
      (loop $chunks
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (v128.store align=1 (local.get $to) (v128.load align=1 (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $chunks))))

  ;; A number of varying length at $at: seven bits a byte, the least first, the sign as the lowest bit. One that does not end in `bits` bits,
  ;; or before $end, sets $isBad and is 0.
  (func $number (param $bits i64) (result i64)
    (local $at i32) (local $byte i64) (local $value i64) (local $shift i64)
    (local.set $at (global.get $at))
    (block $bad
      (loop $bytes
        (br_if $bad (i32.ge_u (local.get $at) (global.get $end)))
        (local.set $byte (i64.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $value
          (i64.or
            (local.get $value)
            (i64.shl (i64.and (local.get $byte) (i64.const 0x7f)) (local.get $shift))))
        (if (i64.lt_u (local.get $byte) (i64.const 0x80))
          (then
            (global.set $at (local.get $at))
            (return
              (i64.xor
                (i64.shr_u (local.get $value) (i64.const 1))
                (i64.sub (i64.const 0) (i64.and (local.get $value) (i64.const 1)))))))
        (local.set $shift (i64.add (local.get $shift) (i64.const 7)))
        (br_if $bytes (i64.lt_u (local.get $shift) (local.get $bits)))))
    (global.set $isBad (i32.const 1))
    (i64.const 0))

  (func $int32 (result i32)
    (i32.wrap_i64 (call $number (i64.const 32))))

  ;; Passes `length` bytes; 1 when there are not so many, or the length is negative.
  (func $skips (param $length i32) (result i32)
    (if (result i32)
      (i32.gt_u (local.get $length) (i32.sub (global.get $end) (global.get $at)))
      (then (i32.const 1))
      (else
        (global.set $at (i32.add (global.get $at) (local.get $length)))
        (i32.const 0))))

  ;; Notes where everything is of `count` records of Kafka's in [from, to), whose offsets go up to `lastDelta` behind the first. Of each, 32 bytes from
  ;; `places` on: what its timestamp adds f64, its offset's delta i32, where its key is and the length of that i32, the same for the value,
  ;; where its headers are i32. Gives -1, or which record is damaged.
  (func (export "walk")
    (param $from i32) (param $to i32) (param $count i32) (param $lastDelta i32) (param $places i32)
    (result i32)
    (local $i i32) (local $place i32) (local $recordEnd i32) (local $length i32) (local $delta i32) (local $previous i32)
    (local $left i32) (local $keys i32) (local $values i32) (local $headers i32)
    (global.set $at (local.get $from))
    (global.set $isBad (i32.const 0))
    (global.set $isSparse (i32.const 0))
    (global.set $hasHeaders (i32.const 0))
    (local.set $previous (i32.const -1))
    (local.set $place (local.get $places))
    (block $damaged
      (block $done
        (loop $records
          (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
          (global.set $end (local.get $to))
          (local.set $length (call $int32))
          (br_if $damaged (i32.lt_s (local.get $length) (i32.const 6)))
          (br_if $damaged (i32.gt_u (local.get $length) (i32.sub (local.get $to) (global.get $at))))
          (local.set $recordEnd (i32.add (global.get $at) (local.get $length)))
          (global.set $end (local.get $recordEnd))
          ;; Attributes, of which there are none yet.
          (global.set $at (i32.add (global.get $at) (i32.const 1)))
          (f64.store (local.get $place) (f64.convert_i64_s (call $number (i64.const 64))))
          (local.set $delta (call $int32))
          (br_if $damaged (i32.le_s (local.get $delta) (local.get $previous)))
          (br_if $damaged (i32.gt_s (local.get $delta) (local.get $lastDelta)))
          (local.set $previous (local.get $delta))
          (if (i32.ne (local.get $delta) (local.get $i)) (then (global.set $isSparse (i32.const 1))))
          (i32.store offset=8 (local.get $place) (local.get $delta))
          (local.set $length (call $int32))
          (i32.store offset=12 (local.get $place) (global.get $at))
          (if (i32.lt_s (local.get $length) (i32.const 0))
            (then (local.set $length (i32.const -1)))
            (else
              (br_if $damaged (call $skips (local.get $length)))
              (local.set $keys (i32.add (local.get $keys) (local.get $length)))))
          (i32.store offset=16 (local.get $place) (local.get $length))
          (local.set $length (call $int32))
          (i32.store offset=20 (local.get $place) (global.get $at))
          (if (i32.lt_s (local.get $length) (i32.const 0))
            (then (local.set $length (i32.const -1)))
            (else
              (br_if $damaged (call $skips (local.get $length)))
              (local.set $values (i32.add (local.get $values) (local.get $length)))))
          (i32.store offset=24 (local.get $place) (local.get $length))
          (i32.store offset=28 (local.get $place) (global.get $at))
          (local.set $headers (i32.add (local.get $headers) (i32.const 2)))
          (local.set $left (call $int32))
          (if (local.get $left)
            (then
              (br_if $damaged (i32.gt_u (local.get $left) (i32.const 0xffff)))
              (global.set $hasHeaders (i32.const 1))
              (loop $each
                (local.set $length (call $int32))
                (br_if $damaged (i32.gt_u (local.get $length) (i32.const 0xffff)))
                (br_if $damaged (call $skips (local.get $length)))
                (local.set $headers (i32.add (local.get $headers) (i32.add (local.get $length) (i32.const 6))))
                (local.set $length (call $int32))
                (if (i32.gt_s (local.get $length) (i32.const 0))
                  (then
                    (br_if $damaged (call $skips (local.get $length)))
                    (local.set $headers (i32.add (local.get $headers) (local.get $length)))))
                (br_if $damaged (global.get $isBad))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $each (local.get $left)))))
          (br_if $damaged (global.get $isBad))
          (br_if $damaged (i32.ne (global.get $at) (local.get $recordEnd)))
          (local.set $place (i32.add (local.get $place) (i32.const 32)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $records)))
      (global.set $keysLength (local.get $keys))
      (global.set $valuesLength (local.get $values))
      (global.set $headersLength (local.get $headers))
      (return (i32.const -1)))
    (local.get $i))

  ;; Writes what `walk` noted in the engine's form: what stands behind its fixed part at `out`, keys, values, and headers (none for 0) at theirs.
  ;; Timestamps are `base` and what each adds, or all `base`. Gives the greatest.
  (func (export "lay")
    (param $count i32) (param $places i32) (param $out i32) (param $keys i32) (param $values i32) (param $headers i32)
    (param $base f64) (param $isOneTime i32)
    (result f64)
    (local $i i32) (local $place i32) (local $lengths i32) (local $length i32) (local $left i32)
    (local $timestamp f64) (local $greatest f64)
    (if (global.get $isSparse)
      (then
        (local.set $place (local.get $places))
        (local.set $i (local.get $count))
        (loop $deltas
          (i32.store align=1 (local.get $out) (i32.load offset=8 (local.get $place)))
          (local.set $out (i32.add (local.get $out) (i32.const 4)))
          (local.set $place (i32.add (local.get $place) (i32.const 32)))
          (local.set $i (i32.sub (local.get $i) (i32.const 1)))
          (br_if $deltas (local.get $i)))))
    (local.set $lengths (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 3))))
    (local.set $greatest (f64.const -inf))
    (local.set $place (local.get $places))
    (local.set $i (local.get $count))
    (loop $records
      (local.set $timestamp
        (select
          (local.get $base)
          (f64.add (local.get $base) (f64.load (local.get $place)))
          (local.get $isOneTime)))
      (local.set $greatest (f64.max (local.get $greatest) (local.get $timestamp)))
      (f64.store align=1 (local.get $out) (local.get $timestamp))
      (local.set $length (i32.load offset=16 (local.get $place)))
      (i32.store align=1 (local.get $lengths) (local.get $length))
      (if (i32.gt_s (local.get $length) (i32.const 0))
        (then
          (call $copy (i32.load offset=12 (local.get $place)) (local.get $keys) (local.get $length))
          (local.set $keys (i32.add (local.get $keys) (local.get $length)))))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (local.set $lengths (i32.add (local.get $lengths) (i32.const 4)))
      (local.set $place (i32.add (local.get $place) (i32.const 32)))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (br_if $records (local.get $i)))
    ;; Values after all keys, since a copy goes too far.
    (local.set $place (local.get $places))
    (local.set $i (local.get $count))
    (loop $bodies
      (local.set $length (i32.load offset=24 (local.get $place)))
      (i32.store align=1 (local.get $lengths) (local.get $length))
      (if (i32.gt_s (local.get $length) (i32.const 0))
        (then
          (call $copy (i32.load offset=20 (local.get $place)) (local.get $values) (local.get $length))
          (local.set $values (i32.add (local.get $values) (local.get $length)))))
      (local.set $lengths (i32.add (local.get $lengths) (i32.const 4)))
      (local.set $place (i32.add (local.get $place) (i32.const 32)))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (br_if $bodies (local.get $i)))
    (if (local.get $headers)
      (then
        (global.set $end (i32.const 0x7fffffff))
        (local.set $place (local.get $places))
        (local.set $i (local.get $count))
        (loop $lists
          (global.set $at (i32.load offset=28 (local.get $place)))
          (local.set $left (call $int32))
          (i32.store16 align=1 (local.get $headers) (local.get $left))
          (local.set $headers (i32.add (local.get $headers) (i32.const 2)))
          (block $listed
            (loop $each
              (br_if $listed (i32.eqz (local.get $left)))
              (local.set $length (call $int32))
              (i32.store16 align=1 (local.get $headers) (local.get $length))
              (call $copy (global.get $at) (i32.add (local.get $headers) (i32.const 2)) (local.get $length))
              (global.set $at (i32.add (global.get $at) (local.get $length)))
              (local.set $headers (i32.add (local.get $headers) (i32.add (local.get $length) (i32.const 2))))
              (local.set $length (call $int32))
              (if (i32.lt_s (local.get $length) (i32.const 0)) (then (local.set $length (i32.const -1))))
              (i32.store align=1 (local.get $headers) (local.get $length))
              (local.set $headers (i32.add (local.get $headers) (i32.const 4)))
              (if (i32.gt_s (local.get $length) (i32.const 0))
                (then
                  (call $copy (global.get $at) (local.get $headers) (local.get $length))
                  (global.set $at (i32.add (global.get $at) (local.get $length)))
                  (local.set $headers (i32.add (local.get $headers) (local.get $length)))))
              (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (br $each)))
          (local.set $place (i32.add (local.get $place) (i32.const 32)))
          (local.set $i (i32.sub (local.get $i) (i32.const 1)))
          (br_if $lists (local.get $i)))))
    (local.get $greatest))

  ;; A number as it is written: the sign as the lowest bit.
  (func $signed (param $value i64) (result i64)
    (i64.xor (i64.shl (local.get $value) (i64.const 1)) (i64.shr_s (local.get $value) (i64.const 63))))

  ;; Bytes that such a number takes.
  (func $size (param $signed i64) (result i32)
    (i32.div_u
      (i32.sub (i32.const 70) (i32.wrap_i64 (i64.clz (i64.or (local.get $signed) (i64.const 1)))))
      (i32.const 7)))

  (func $put (param $signed i64)
    (local $out i32)
    (local.set $out (global.get $out))
    (block $done
      (loop $bytes
        (br_if $done (i64.lt_u (local.get $signed) (i64.const 0x80)))
        (i32.store8 (local.get $out) (i32.or (i32.wrap_i64 (local.get $signed)) (i32.const 0x80)))
        (local.set $signed (i64.shr_u (local.get $signed) (i64.const 7)))
        (local.set $out (i32.add (local.get $out) (i32.const 1)))
        (br $bytes)))
    (i32.store8 (local.get $out) (i32.wrap_i64 (local.get $signed)))
    (global.set $out (i32.add (local.get $out) (i32.const 1))))

  (func $putBytes (param $from i32) (param $length i32)
    (call $copy (local.get $from) (global.get $out) (local.get $length))
    (global.set $out (i32.add (global.get $out) (local.get $length))))

  ;; Bytes that the next record's headers take in Kafka's form.
  (func $headersSize (result i32)
    (local $at i32) (local $left i32) (local $length i32) (local $size i32)
    (local.set $left (i32.load16_u align=1 (global.get $headerAt)))
    (local.set $at (i32.add (global.get $headerAt) (i32.const 2)))
    (local.set $size (call $size (call $signed (i64.extend_i32_u (local.get $left)))))
    (block $done
      (loop $each
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $length (i32.load16_u align=1 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.add (local.get $length) (i32.const 2))))
        (local.set $size
          (i32.add
            (i32.add (local.get $size) (local.get $length))
            (call $size (call $signed (i64.extend_i32_u (local.get $length))))))
        (local.set $length (i32.load align=1 (local.get $at)))
        (local.set $size (i32.add (local.get $size) (call $size (call $signed (i64.extend_i32_s (local.get $length))))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (if (i32.gt_s (local.get $length) (i32.const 0))
          (then
            (local.set $at (i32.add (local.get $at) (local.get $length)))
            (local.set $size (i32.add (local.get $size) (local.get $length)))))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $each)))
    (local.get $size))

  (func $putHeaders
    (local $at i32) (local $left i32) (local $length i32)
    (local.set $left (i32.load16_u align=1 (global.get $headerAt)))
    (local.set $at (i32.add (global.get $headerAt) (i32.const 2)))
    (call $put (call $signed (i64.extend_i32_u (local.get $left))))
    (block $done
      (loop $each
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $length (i32.load16_u align=1 (local.get $at)))
        (call $put (call $signed (i64.extend_i32_u (local.get $length))))
        (call $putBytes (i32.add (local.get $at) (i32.const 2)) (local.get $length))
        (local.set $at (i32.add (local.get $at) (i32.add (local.get $length) (i32.const 2))))
        (local.set $length (i32.load align=1 (local.get $at)))
        (call $put (call $signed (i64.extend_i32_s (local.get $length))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (if (i32.gt_s (local.get $length) (i32.const 0))
          (then
            (call $putBytes (local.get $at) (local.get $length))
            (local.set $at (i32.add (local.get $at) (local.get $length)))))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $each)))
    (global.set $headerAt (local.get $at)))

  ;; Writes the engine's records from `index` to `count` into the batch that begins at `start`, as long as it stays within `limit` bytes; the first
  ;; record of a batch is written whatever its size. Timestamps are cut down to whole milliseconds. Gives the index of the first record not written.
  (func (export "encode")
    (param $index i32) (param $count i32) (param $timestamps i32) (param $keyLengths i32) (param $valueLengths i32)
    (param $start i32) (param $limit i32)
    (result i32)
    (local $keyLength i32) (local $valueLength i32) (local $body i32) (local $timestamp f64)
    (local $time i64) (local $offset i64) (local $key i64) (local $value i64)
    (block $done
      (loop $records
        (br_if $done (i32.ge_u (local.get $index) (local.get $count)))
        (local.set $keyLength
          (i32.load align=1 (i32.add (local.get $keyLengths) (i32.shl (local.get $index) (i32.const 2)))))
        (local.set $valueLength
          (i32.load align=1 (i32.add (local.get $valueLengths) (i32.shl (local.get $index) (i32.const 2)))))
        (local.set $body
          (if (result i32) (global.get $headerAt) (then (call $headersSize)) (else (i32.const 1))))
        (if (i32.gt_s (local.get $keyLength) (i32.const 0))
          (then (local.set $body (i32.add (local.get $body) (local.get $keyLength)))))
        (if (i32.gt_s (local.get $valueLength) (i32.const 0))
          (then (local.set $body (i32.add (local.get $body) (local.get $valueLength)))))
        ;; The numbers around a record take at most 36 bytes: its length, attributes, timestamp, offset, two lengths.
        (br_if $done
          (i32.and
            (i32.ne (global.get $written) (i32.const 0))
            (i32.gt_u
              (i32.add (i32.sub (global.get $out) (local.get $start)) (i32.add (local.get $body) (i32.const 36)))
              (local.get $limit))))
        (local.set $timestamp
          (f64.floor
            (f64.load align=1 (i32.add (local.get $timestamps) (i32.shl (local.get $index) (i32.const 3))))))
        (if (global.get $written)
          (then (global.set $greatest (f64.max (global.get $greatest) (local.get $timestamp))))
          (else
            (global.set $base (local.get $timestamp))
            (global.set $greatest (local.get $timestamp))))
        (local.set $time (call $signed (i64.trunc_sat_f64_s (f64.sub (local.get $timestamp) (global.get $base)))))
        (local.set $offset (call $signed (i64.extend_i32_u (global.get $written))))
        (local.set $key (call $signed (i64.extend_i32_s (local.get $keyLength))))
        (local.set $value (call $signed (i64.extend_i32_s (local.get $valueLength))))
        (call $put
          (call $signed
            (i64.extend_i32_u
              (i32.add
                (i32.add
                  (i32.add (local.get $body) (i32.const 1))
                  (i32.add (call $size (local.get $time)) (call $size (local.get $offset))))
                (i32.add (call $size (local.get $key)) (call $size (local.get $value)))))))
        (i32.store8 (global.get $out) (i32.const 0))
        (global.set $out (i32.add (global.get $out) (i32.const 1)))
        (call $put (local.get $time))
        (call $put (local.get $offset))
        (call $put (local.get $key))
        (if (i32.gt_s (local.get $keyLength) (i32.const 0))
          (then
            (call $putBytes (global.get $keyAt) (local.get $keyLength))
            (global.set $keyAt (i32.add (global.get $keyAt) (local.get $keyLength)))))
        (call $put (local.get $value))
        (if (i32.gt_s (local.get $valueLength) (i32.const 0))
          (then
            (call $putBytes (global.get $valueAt) (local.get $valueLength))
            (global.set $valueAt (i32.add (global.get $valueAt) (local.get $valueLength)))))
        (if (global.get $headerAt)
          (then (call $putHeaders))
          (else
            (i32.store8 (global.get $out) (i32.const 0))
            (global.set $out (i32.add (global.get $out) (i32.const 1)))))
        (global.set $written (i32.add (global.get $written) (i32.const 1)))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $records)))
    (local.get $index))
)
