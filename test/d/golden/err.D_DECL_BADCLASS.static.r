dtrace: failed to compile script err.D_DECL_BADCLASS.static.d: [D_DECL_BADCLASS] line 1: specified storage class not appropriate in D
    static int x;
    ^~~~~~
    hint: D has self, this and extern; a variable without one is global
