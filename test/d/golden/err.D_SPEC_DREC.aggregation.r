dtrace: failed to compile script err.D_SPEC_DREC.aggregation.d: [D_SPEC_DREC] line 4: speculate( ) may not follow data-recording action(s)
    	speculate(1);
    	^~~~~~~~~~~~
    hint: put them into two clauses of the same probe, which run in their order
