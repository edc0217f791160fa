// The program in .NET beside dotnet-xml.ts: it receives an order and sends one, with System.Messaging (.NET Framework).
using System;
using System.Messaging;
using Shop;

public static class Program
{
    public static void Main()
    {
        using (var queue = new MessageQueue(@".\private$\dotnet-orders"))
        {
            queue.Formatter = new XmlMessageFormatter(new[] { typeof(Order) });
            var received = (Order)queue.Receive(TimeSpan.FromSeconds(10)).Body;
            Console.WriteLine(received.Customer);
            queue.Send(new Order { Id = 8, Customer = "Smith", Due = DateTime.Now, Items = new[] { "lamp" } }, "order 8");
        }
    }
}
