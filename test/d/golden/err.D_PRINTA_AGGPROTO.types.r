dtrace: failed to compile script err.D_PRINTA_AGGPROTO.types.d: [D_PRINTA_AGGPROTO] line 5: printa( ): key #1 of @b does not go with that of @a:
	@a key #1: int
	@b key #1: string
    	printa("%d %@d %@d", @a, @b);
    	^~~~~~~~~~~~~~~~~~~~~~~~~~~~
