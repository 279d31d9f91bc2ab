dtrace: failed to compile script err.D_CLEAR_AGGBAD.undefined.d: [D_CLEAR_AGGBAD] line 4: undefined aggregation: @cals
    	clear(@cals);
    	      ^~~~~
    hint: did you mean @calls?
