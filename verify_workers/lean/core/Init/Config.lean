/-
The records behind `(config := { … })`, with the fields and defaults of the compiled tactics, which read them by these names.
-/
prelude
import Init.Data
set_option linter.all false
namespace Lean.Meta
inductive TransparencyMode where | all | default | reducible | instances | none | implicit
inductive EtaStructMode where | all | notClasses | none
inductive Occurrences where | all | pos (idxs : List Nat) | neg (idxs : List Nat)
inductive ApplyNewGoals where | nonDependentFirst | nonDependentOnly | all
instance : Coe (List Nat) Occurrences := ⟨.pos⟩
structure DSimp.Config where
  zeta : Bool := true
  beta : Bool := true
  eta : Bool := true
  etaStruct : EtaStructMode := .all
  iota : Bool := true
  proj : Bool := true
  decide : Bool := false
  autoUnfold : Bool := false
  failIfUnchanged : Bool := true
  unfoldPartialApp : Bool := false
  zetaDelta : Bool := false
  index : Bool := true
  zetaUnused : Bool := true
  zetaHave : Bool := true
  locals : Bool := false
  instances : Bool := false
structure Simp.Config where
  maxSteps : Nat := 100000
  maxDischargeDepth : Nat := 2
  contextual : Bool := false
  memoize : Bool := true
  singlePass : Bool := false
  zeta : Bool := true
  beta : Bool := true
  eta : Bool := true
  etaStruct : EtaStructMode := .all
  iota : Bool := true
  proj : Bool := true
  decide : Bool := false
  arith : Bool := false
  autoUnfold : Bool := false
  dsimp : Bool := true
  failIfUnchanged : Bool := true
  ground : Bool := false
  unfoldPartialApp : Bool := false
  zetaDelta : Bool := false
  index : Bool := true
  implicitDefEqProofs : Bool := true
  zetaUnused : Bool := true
  catchRuntime : Bool := true
  zetaHave : Bool := true
  letToHave : Bool := true
  congrConsts : Bool := true
  bitVecOfNat : Bool := true
  warnExponents : Bool := true
  suggestions : Bool := false
  maxSuggestions : Option Nat := none
  locals : Bool := false
  instances : Bool := false
structure Simp.ConfigCtx extends Simp.Config where
  contextual := true
structure Simp.NormCastConfig extends Simp.Config where
  zeta := false
  beta := false
  eta := false
  proj := false
  iota := false
structure Rewrite.Config where
  transparency : TransparencyMode := .instances
  offsetCnstrs : Bool := true
  occs : Occurrences := .all
  newGoals : ApplyNewGoals := .nonDependentFirst
structure ApplyConfig where
  newGoals : ApplyNewGoals := .nonDependentFirst
  synthAssignedInstances : Bool := true
  allowSynthFailures : Bool := false
  approx : Bool := true
structure Omega.OmegaConfig where
  splitDisjunctions : Bool := true
  splitNatSub : Bool := true
  splitNatAbs : Bool := true
  splitMinMax : Bool := true
end Lean.Meta
structure Lean.Parser.Tactic.DecideConfig where
  kernel : Bool := false
  native : Bool := false
  zetaReduce : Bool := false
  revert : Bool := false
