-- The seeded integer mix: mix(stream, a) is the 32-bit place of id a in the order of a stream (distinct ids,
-- distinct places); mix_pair(stream, a, b) is the place of b among the members of a.
-- The same function as in pairmine/seeding.py; constants below 2^31 so that no product passes 2^63.

create or replace macro mix_fold(x, shift) as xor(x, x >> shift);

create or replace macro mix32(x) as
    mix_fold((mix_fold((mix_fold(x, 16) * 569420461) & 4294967295, 15) * 1935289751) & 4294967295, 15);

create or replace macro mix(stream, a) as
    mix32(xor(mix32(xor(a::bigint, stream::bigint & 4294967295)), stream::bigint >> 32));

create or replace macro mix_pair(stream, a, b) as mix32(xor(b::bigint, mix(stream, a)));
