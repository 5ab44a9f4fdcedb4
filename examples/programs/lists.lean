def twice (xs : List Nat) : List Nat :=
  match xs with
  | [] => []
  | x :: rest => x :: x :: twice rest

/-- Every element stands there two times. -/
theorem twice_length : ∀ xs : List Nat, (twice xs).length = 2 * xs.length
