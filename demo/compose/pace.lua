-- A pause of 10 ms before each request: a steady load that leaves the machine's CPUs alone.
function delay()
   return 10
end
