dtrace: failed to compile script err.D_TYPE_ERR.unknown.d: [D_TYPE_ERR] line 3: unknown type: uint46_t
    	trace((uint46_t)pid);
    	       ^~~~~~~~
    hint: did you mean uint16_t?
