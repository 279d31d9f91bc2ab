dtrace: failed to compile script err.D_SIZEOF_TYPE.void.d: [D_SIZEOF_TYPE] line 3: sizeof requires an operand of known size
    	trace(sizeof (void));
    	      ^~~~~~~~~~~~~
