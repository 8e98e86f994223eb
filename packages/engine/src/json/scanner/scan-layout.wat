;; Walks over JSON objects of one layout: the same names in the same order with the same white space, so that only the values between
;; differ. What it passes is JSON; what is written in another way, or holds lists, objects or escapes, is left to a walk that knows more.
(module
  (memory (export "memory") 4)

  ;; Records 0 to count - 1; record i is the bytes from i32[from + 4i] + shift to i32[to + 4i] + shift, or a tombstone if its end is
  ;; negative. Those whose byte status[i] is 0 are tried, and get 1 there when they have the layout. Of a field with slot s,
  ;; i32[starts + 4 (i * slots + s)] becomes the place of its value less the shift, and ends that behind it. Of a record that turns out not
  ;; to have the layout, some places may have been written. Gives how many records had it.
  ;;
  ;; The layout is a piece of text for each value, which stands before it, and one behind the last: length i32, slot i32 (-1 for none, -2 for
  ;; the last piece), chunks i32, unused i32, then for each chunk 16 bytes of text and 16 of mask, ff where the text counts.
  ;;
  ;; At least 16 bytes that are no digits must follow the last record.
  (func (export "scan")
    (param $count i32) (param $from i32) (param $to i32) (param $shift i32) (param $status i32)
    (param $layout i32) (param $slots i32) (param $starts i32) (param $ends i32)
    (result i32)
    (local $i i32) (local $row i32) (local $at i32) (local $end i32) (local $piece i32) (local $slot i32)
    (local $chunks i32) (local $chunk i32) (local $value i32) (local $byte i32) (local $found i32) (local $passed i32)
    (local $text v128)
    (block $done
      (loop $records
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (block $next
          (br_if $next (i32.load8_u (i32.add (local.get $status) (local.get $i))))
          (local.set $end (i32.load (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 2)))))
          (br_if $next (i32.lt_s (local.get $end) (i32.const 0)))
          (local.set $end (i32.add (local.get $end) (local.get $shift)))
          (local.set $at
            (i32.add (i32.load (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const 2)))) (local.get $shift)))
          (local.set $row (i32.shl (i32.mul (local.get $i) (local.get $slots)) (i32.const 2)))
          (local.set $piece (local.get $layout))
          (loop $pieces
            ;; The text before the value.
            (local.set $chunks (i32.load offset=8 (local.get $piece)))
            (local.set $slot (i32.load offset=4 (local.get $piece)))
            (local.set $value (i32.add (local.get $at) (i32.load (local.get $piece))))
            (br_if $next (i32.gt_u (local.get $value) (local.get $end)))
            (local.set $chunk (i32.add (local.get $piece) (i32.const 16)))
            (loop $compare
              (br_if $next
                (v128.any_true
                  (v128.and
                    (v128.xor (v128.load align=1 (local.get $at)) (v128.load align=1 (local.get $chunk)))
                    (v128.load offset=16 align=1 (local.get $chunk)))))
              (local.set $at (i32.add (local.get $at) (i32.const 16)))
              (local.set $chunk (i32.add (local.get $chunk) (i32.const 32)))
              (local.set $chunks (i32.sub (local.get $chunks) (i32.const 1)))
              (br_if $compare (local.get $chunks)))
            (local.set $piece (local.get $chunk))
            (local.set $at (local.get $value))
            (if (i32.eq (local.get $slot) (i32.const -2))
              (then
                ;; Nothing may follow the last piece.
                (br_if $next (i32.ne (local.get $at) (local.get $end)))
                (i32.store8 (i32.add (local.get $status) (local.get $i)) (i32.const 1))
                (local.set $passed (i32.add (local.get $passed) (i32.const 1)))
                (br $next)))
            (br_if $next (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $byte (i32.load8_u (local.get $at)))
            (block $valued
              ;; A string, up to the first quote, backslash or control character.
              (if (i32.eq (local.get $byte) (i32.const 0x22))
                (then
                  (local.set $at (i32.add (local.get $at) (i32.const 1)))
                  (loop $characters
                    (br_if $next (i32.ge_u (local.get $at) (local.get $end)))
                    (local.set $text (v128.load align=1 (local.get $at)))
                    (local.set $found
                      (i8x16.bitmask
                        (v128.or
                          (v128.or
                            (i8x16.eq (local.get $text) (i8x16.splat (i32.const 0x22)))
                            (i8x16.eq (local.get $text) (i8x16.splat (i32.const 0x5c))))
                          (i8x16.lt_u (local.get $text) (i8x16.splat (i32.const 0x20))))))
                    (if (i32.eqz (local.get $found))
                      (then
                        (local.set $at (i32.add (local.get $at) (i32.const 16)))
                        (br $characters))))
                  (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $found))))
                  (br_if $next (i32.ge_u (local.get $at) (local.get $end)))
                  (br_if $next (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)))
                  (local.set $at (i32.add (local.get $at) (i32.const 1)))
                  (br $valued)))
              ;; A number: digits, of which the first is 0 only when it is alone, a fraction, an exponent.
              (if (i32.le_u (local.get $byte) (i32.const 0x39))
                (then
                  (if (i32.eq (local.get $byte) (i32.const 0x2d))
                    (then
                      (local.set $at (i32.add (local.get $at) (i32.const 1)))
                      (local.set $byte (i32.load8_u (local.get $at)))))
                  (br_if $next (i32.ge_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10)))
                  (local.set $at (i32.add (local.get $at) (i32.const 1)))
                  (if (i32.ne (local.get $byte) (i32.const 0x30))
                    (then (local.set $at (call $digits (local.get $at)))))
                  (local.set $byte (i32.load8_u (local.get $at)))
                  (if (i32.eq (local.get $byte) (i32.const 0x2e))
                    (then
                      (local.set $found (i32.add (local.get $at) (i32.const 1)))
                      (local.set $at (call $digits (local.get $found)))
                      (br_if $next (i32.eq (local.get $at) (local.get $found)))
                      (local.set $byte (i32.load8_u (local.get $at)))))
                  (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x65))
                    (then
                      (local.set $found (i32.add (local.get $at) (i32.const 1)))
                      (local.set $byte (i32.load8_u (local.get $found)))
                      (if (i32.or (i32.eq (local.get $byte) (i32.const 0x2b)) (i32.eq (local.get $byte) (i32.const 0x2d)))
                        (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
                      (local.set $at (call $digits (local.get $found)))
                      (br_if $next (i32.eq (local.get $at) (local.get $found)))))
                  (br $valued)))
              ;; true, null, false.
              (local.set $found (i32.load align=1 (local.get $at)))
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (br_if $valued (i32.eq (local.get $found) (i32.const 0x65757274)))
              (br_if $valued (i32.eq (local.get $found) (i32.const 0x6c6c756e)))
              (br_if $next (i32.ne (local.get $found) (i32.const 0x736c6166)))
              (br_if $next (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x65)))
              (local.set $at (i32.add (local.get $at) (i32.const 1))))
            (if (i32.ge_s (local.get $slot) (i32.const 0))
              (then
                (local.set $found (i32.add (local.get $row) (i32.shl (local.get $slot) (i32.const 2))))
                (i32.store (i32.add (local.get $starts) (local.get $found)) (i32.sub (local.get $value) (local.get $shift)))
                (i32.store (i32.add (local.get $ends) (local.get $found)) (i32.sub (local.get $at) (local.get $shift)))))
            (br $pieces)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $records)))
    (local.get $passed))

  ;; 1 when all bytes from $at to $end are ASCII, and those up to the next multiple of 16 behind, which may be read; 0 otherwise.
  (func (export "isAscii") (param $at i32) (param $end i32) (result i32)
    (local $bits v128)
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bits (v128.or (local.get $bits) (v128.load align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more)))
    (i32.eqz (i8x16.bitmask (local.get $bits))))

  ;; The place of the first byte from $at on that is no digit.
  (func $digits (param $at i32) (result i32)
    (loop $more
      (if (i32.lt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)) (i32.const 10))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $more))))
    (local.get $at)))
