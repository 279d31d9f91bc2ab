dtrace: failed to compile script err.D_PRINTA_AGGBAD.undefined.d: [D_PRINTA_AGGBAD] line 3: undefined aggregation: @a
    	printa(@a);
    	       ^~
