// The class of the program in .NET. order.ts describes it for the SDK.
using System;

namespace Shop
{
    public class Order
    {
        public int Id;
        public string Customer;
        public DateTime Due;
        public string[] Items;
    }
}
