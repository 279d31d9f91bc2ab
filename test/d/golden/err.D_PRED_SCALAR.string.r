dtrace: failed to compile script err.D_PRED_SCALAR.string.d: [D_PRED_SCALAR] line 2: the predicate must be of scalar type
    /execname/
     ^~~~~~~~
    hint: compare the string, as in execname == "sh"
